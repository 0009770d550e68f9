/**
 * Problems for people at a terminal: each with its line and a caret, what to do, and the other places to look at. A long
 * remedy that several share is told once, at the end, where the eye is when the command is done.
 */
import { sanitize } from "../../process/sanitize.ts";
import type { Place, Problem, RelatedPlace } from "../../schemas/problem.ts";
import { excerptOf } from "./excerpt.ts";
import { noLines, type SourceLines } from "./source-lines.ts";

export type ReportOptions = { readonly linesOf: SourceLines; readonly coloured: boolean };

const longRemedy = 48;
const red = 31;
const yellow = 33;
const blue = 34;
const cyan = 36;
const bold = 1;

/** One Problem without its lines, for where many things are shown on one screen. */
export function problemText(problem: Problem): string {
  return paragraph(problem, { print: new Print(false), linesOf: noLines, isShared: () => false, places: new Set() });
}

/** All of them, a blank line between two, ending in a line feed; empty for none. */
export function terminalReport(problems: readonly Problem[], { linesOf, coloured }: ReportOptions): string {
  const shared = sharedRemedies(problems);
  const print = new Print(coloured);
  const places = new Set(problems.map(({ place }) => placeText(place)));
  const isShared = (problem: Problem): boolean => shared.has(remedyKey(problem));
  const paragraphs = problems.map((problem) => paragraph(problem, { print, linesOf, isShared, places }));
  const helps = [...shared.values()].map(
    ({ code, remedy, count }) => `${print.in(cyan, "help")} for ${code} (${count} times): ${safe(remedy)}\n`,
  );
  return [...paragraphs, ...(helps.length === 0 ? [] : [helps.join("")])].join("\n");
}

type Shared = Pick<Problem, "code" | "remedy"> & { readonly count: number };

function remedyKey({ code, remedy }: Problem): string {
  return `${code} ${remedy}`;
}

function sharedRemedies(problems: readonly Problem[]): ReadonlyMap<string, Shared> {
  const groups = Map.groupBy(problems, remedyKey);
  return new Map(
    [...groups].flatMap(([key, [first, ...others]]) =>
      first === undefined || others.length === 0 || first.remedy.length <= longRemedy
        ? []
        : [[key, { code: first.code, remedy: first.remedy, count: others.length + 1 }] as const],
    ),
  );
}

type Setting = {
  readonly print: Print;
  readonly linesOf: SourceLines;
  readonly isShared: (problem: Problem) => boolean;
  /** Of all Problems: their lines are shown where they are told. */
  readonly places: ReadonlySet<string>;
};

function paragraph(problem: Problem, setting: Setting): string {
  const { place, severity, code, message, remedy, related = [] } = problem;
  const { print, linesOf, isShared } = setting;
  const colour = severity === "error" ? red : yellow;
  const line = linesOf(place);
  const excerpt = line === undefined ? undefined : excerptOf(line, place.column);
  const gutter = String(place.line);
  const shown =
    excerpt === undefined
      ? []
      : [
          `${print.in(blue, `${gutter.padStart(5)} |`)} ${excerpt.text}`,
          `${print.in(blue, `${"".padStart(5)} |`)} ${" ".repeat(excerpt.caret)}${print.in(colour, "^")}`,
        ];
  return [
    `${print.in(bold, safe(placeText(place)))}: ${print.in(colour, severity)} ${code}: ${safe(message)}`,
    ...shown,
    ...(isShared(problem) ? [] : [`  ${print.in(cyan, "help")}: ${safe(remedy)}`]),
    ...related.flatMap((other) => relatedLines(other, setting)),
  ]
    .map((one) => `${one}\n`)
    .join("");
}

function relatedLines({ place, message }: RelatedPlace, { print, linesOf, places }: Setting): readonly string[] {
  const line = places.has(placeText(place)) ? undefined : linesOf(place);
  const excerpt = line === undefined ? undefined : excerptOf(line, place.column);
  return [
    `  ${safe(placeText(place))}: ${safe(message)}`,
    ...(excerpt === undefined ? [] : [`${print.in(blue, `${String(place.line).padStart(5)} |`)} ${excerpt.text}`]),
  ];
}

function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

function safe(text: string): string {
  return sanitize(text.replaceAll(/\s*\n\s*/g, " "));
}

/** Text in a colour, where there are colours. */
class Print {
  readonly #coloured: boolean;

  constructor(coloured: boolean) {
    this.#coloured = coloured;
  }

  in(colour: number, text: string): string {
    return this.#coloured ? `\u001b[${colour}m${text}\u001b[0m` : text;
  }
}
