/**
 * `gitplane status [--watch]`: the whole fleet on one screen. While watching, a terminal shows one region that is drawn
 * anew; elsewhere each change is a line (or an NDJSON object) of its own.
 */
import { sleep } from "../../process/backoff.ts";
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { formatRows } from "../../process/output.ts";
import { errorLine } from "../../process/run-program.ts";
import { type Column, formatTable, isColoured } from "../../process/table.ts";
import type { Fleet } from "../fleet.ts";
import { openFleet } from "./fleet-access.ts";
import { type GetOptions, noSpecs, planeColumns, releaseColumns } from "./get.ts";
import { problemText } from "../problems/terminal-report.ts";
import { summary } from "./validate.ts";

const watchIntervalMs = 1000;

export async function status(
  options: GetOptions & { readonly watch?: boolean },
  signal: AbortSignal,
): Promise<ExitCode> {
  if (options.watch === true && options.output !== "table" && options.output !== "ndjson") {
    throw new ExitError(exitCodes.usage, "--watch goes with -o table or -o ndjson");
  }
  if (options.watch === true) return await watch(options, signal);
  await using reader = await openFleet(options);
  const fleet = await reader.read();
  process.stdout.write(
    options.output === "table"
      ? fleetText(fleet, isColoured(process.stdout, process.env))
      : formatRows([fleet], { format: options.output, columns: [] }),
  );
  return exitCodes.done;
}

/**
 * A first failure ends the command. A later one is told once and tried again, from finding the control plane on: watching
 * is for seeing things come back, and they may come back elsewhere.
 */
async function watch(options: GetOptions, signal: AbortSignal): Promise<ExitCode> {
  const screen = options.output === "table" && process.stdout.isTTY ? new Screen() : new Transcript(options.output);
  let isKnown = false;
  while (!signal.aborted) {
    try {
      await using reader = await openFleet(options);
      while (!signal.aborted) {
        screen.show(await reader.read());
        isKnown = true;
        await sleep(watchIntervalMs, signal).catch(() => undefined);
      }
    } catch (error) {
      if (!isKnown) throw error;
      screen.warn(`${errorLine(error, "info")}; trying again`);
      await sleep(watchIntervalMs, signal).catch(() => undefined);
    }
  }
  return exitCodes.interrupted;
}

/** One region of a terminal, drawn over itself when something changed. Lines are cut to the width, so that none wraps. */
class Screen {
  #shown = "";

  show(fleet: Fleet): void {
    this.#draw(fleetText(fleet, isColoured(process.stdout, process.env)));
  }

  warn(text: string): void {
    this.#draw(`${text}\n`);
  }

  #draw(text: string): void {
    const { rows, columns } = process.stdout;
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => cutLine(line, columns));
    const fitting =
      lines.length < rows ? lines : [...lines.slice(0, rows - 2), `… ${lines.length - rows + 2} more lines`];
    const next = fitting.map((line) => `${line}\n`).join("");
    if (next === this.#shown) return;
    const up = this.#shown.split("\n").length - 1;
    process.stdout.write(`${up === 0 ? "" : `\u001b[${up}A`}\u001b[J${next}`);
    this.#shown = next;
  }
}

/** The first `width` characters that are seen; colours (`ESC [ 32 m`) take none. */
export function cutLine(line: string, width: number): string {
  let left = width;
  const parts = line.split("\u001b").map((part, index) => {
    const colour = index === 0 ? "" : (/^\[\d+m/.exec(part)?.[0] ?? "");
    const seen = Array.from(part.slice(colour.length)).slice(0, left);
    left -= seen.length;
    return colour + seen.join("");
  });
  return parts.join("\u001b");
}

/** One line, or one NDJSON object, for each thing that changed. */
class Transcript {
  readonly #output: string;
  #known = new Map<string, Shown>();
  #warned = "";

  constructor(output: string) {
    this.#output = output;
  }

  show(fleet: Fleet): void {
    this.#known = printChanges(fleet, this.#known, this.#output);
    this.#warned = "";
  }

  warn(text: string): void {
    if (text !== this.#warned) process.stderr.write(`${text}\n`);
    this.#warned = text;
  }
}

/** One thing that is shown, with the line or the JSON object that shows it. */
type Shown = { readonly key: string; readonly line: string; readonly event: object };

/** Prints what is new or different, then what is gone. */
function printChanges(fleet: Fleet, known: ReadonlyMap<string, Shown>, output: string): Map<string, Shown> {
  const now = new Map(shownOf(fleet).map((shown) => [shown.key, shown]));
  for (const [key, shown] of now) {
    if (JSON.stringify(known.get(key)?.event) !== JSON.stringify(shown.event)) printShown(shown, output);
  }
  for (const [key, shown] of known) {
    if (!now.has(key)) printShown({ key, line: `gone  ${shown.line}`, event: { ...shown.event, gone: true } }, output);
  }
  return now;
}

function printShown({ line, event }: Shown, output: string): void {
  process.stdout.write(output === "ndjson" ? formatRows([event], { format: "ndjson", columns: [] }) : `${line}\n`);
}

/** When a plane was last seen is left out: it changes without anything having happened. */
function shownOf({ planes, releases, problems }: Fleet): readonly Shown[] {
  return [
    ...planes.map(({ lastSeen: _lastSeen, ...plane }) => ({
      key: `plane ${plane.plane}`,
      line: rowLine(planeColumns, plane),
      event: { kind: "plane", ...plane },
    })),
    ...releases.map((release) => ({
      key: ["release", release.plane, release.project, release.environment, release.component ?? ""].join(" "),
      line: rowLine(releaseColumns, release),
      event: { kind: "release", ...release },
    })),
    ...problems.map((problem) => ({
      key: `problem ${JSON.stringify(problem)}`,
      line: problemText(problem).trimEnd(),
      event: { kind: "problem", ...problem },
    })),
  ];
}

function rowLine<Row>(columns: readonly Column<Row>[], row: Row): string {
  return formatTable(columns, [row]).split("\n")[1] ?? "";
}

function fleetText({ specs, problems, planes, releases }: Fleet, coloured: boolean): string {
  if (specs === undefined) return noSpecs;
  const components = releases.filter(({ component }) => component !== undefined);
  const healthy = components.filter(({ health, state }) => health === "Healthy" && state === "applied").length;
  const headline = `specs ${specs.slice(0, 10)} · ${healthy} of ${components.length} Releases applied and healthy · ${summary(problems)}\n`;
  const sections = [
    ...(problems.length === 0 ? [] : [problems.map(problemText).join("")]),
    formatTable(planeColumns, planes, { coloured }),
    ...(components.length === 0 ? [] : [formatTable(releaseColumns, components, { coloured })]),
  ];
  return [headline, ...sections].join("\n");
}
