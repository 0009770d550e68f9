/** A fleet that is watched where there is no screen: one line, or one NDJSON object, for each thing that changed. */
import { formatRows } from "../../process/output.ts";
import { type Column, formatTable } from "../../process/table.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ReleaseStatus } from "../fleet/release-status.ts";
import { problemText } from "../problems/terminal-report.ts";
import { planeColumns, releaseColumns } from "./fleet-columns.ts";

/** One thing that is shown, with the line or the JSON object that shows it, and what tells that it is another one now. */
type Shown = { readonly key: string; readonly line: string; readonly event: object; readonly content: string };

export class Transcript {
  readonly #output: string;
  readonly #write: (text: string) => unknown;
  #known: ReadonlyMap<string, Shown> = new Map();

  constructor(output: string, write: (text: string) => unknown) {
    this.#output = output;
    this.#write = write;
  }

  /** Prints what is new or different, then what is gone. */
  show(fleet: Fleet): void {
    const now = new Map(shownOf(fleet).map((shown) => [shown.key, shown]));
    for (const [key, shown] of now) if (this.#known.get(key)?.content !== shown.content) this.#print(shown);
    for (const [key, { line, event }] of this.#known)
      if (!now.has(key)) this.#print({ line: `gone  ${line}`, event: { ...event, gone: true } });
    this.#known = now;
  }

  #print({ line, event }: Pick<Shown, "line" | "event">): void {
    this.#write(this.#output === "ndjson" ? formatRows([event], { format: "ndjson", columns: [] }) : `${line}\n`);
  }
}

/** When a plane was last seen changes without anything having happened. */
function shownOf({ planes, releases, problems }: Fleet): readonly Shown[] {
  return [
    ...planes.map(({ lastSeen: _lastSeen, receipts: _receipts, ...plane }) => ({
      key: `plane ${plane.plane}`,
      line: rowLine(planeColumns, plane),
      event: { kind: "plane", ...plane },
      content: JSON.stringify(plane),
    })),
    ...releases.map((release) => ({
      key: ["release", release.plane, ...nameOf(release)].join(" "),
      line: rowLine(releaseColumns, release),
      event: { kind: "release", ...release },
      content: contentOf(release),
    })),
    ...problems.map((problem) => ({
      key: `problem ${JSON.stringify(problem)}`,
      line: problemText(problem).trimEnd(),
      event: { kind: "problem", ...problem },
      content: "",
    })),
  ];
}

function nameOf({ platform, project, environment, component }: ReleaseStatus): readonly string[] {
  return platform === undefined ? ["cell", project, environment, component ?? ""] : ["platform", platform];
}

function contentOf({ reason: _reason, behind, ...release }: ReleaseStatus): string {
  return JSON.stringify({
    ...release,
    behind: behind?.why === "not-fetched" ? { ...behind, lastSeen: undefined } : behind,
  });
}

function rowLine<Row>(columns: readonly Column<Row>[], row: Row): string {
  return formatTable(columns, [row]).split("\n")[1] ?? "";
}
