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
import { problemText, summary } from "./validate.ts";

const watchIntervalMs = 1000;

export async function status(
  options: GetOptions & { readonly watch?: boolean },
  signal: AbortSignal,
): Promise<ExitCode> {
  if (options.watch === true && options.output !== "table" && options.output !== "ndjson") {
    throw new ExitError(exitCodes.usage, "--watch goes with -o table or -o ndjson");
  }
  await using reader = await openFleet(options);
  // Awaited here: the reader would be closed under a promise that is only passed on.
  if (options.watch === true) return await watch(() => reader.read(), options, signal);
  const fleet = await reader.read();
  process.stdout.write(
    options.output === "table"
      ? fleetText(fleet, isColoured(process.stdout, process.env))
      : formatRows([fleet], { format: options.output, columns: [] }),
  );
  return exitCodes.done;
}

async function watch(read: () => Promise<Fleet>, { output }: GetOptions, signal: AbortSignal): Promise<ExitCode> {
  const isLive = output === "table" && process.stdout.isTTY;
  let shown = "";
  let known = new Map<string, Shown>();
  for (let round = 0; !signal.aborted; round += 1) {
    const fleet = await readAgain(read, round);
    if (fleet === undefined) {
      await sleep(watchIntervalMs, signal).catch(() => undefined);
      continue;
    }
    if (isLive) shown = redraw(shown, fleetText(fleet, isColoured(process.stdout, process.env)));
    else known = printChanges(fleet, known, output);
    await sleep(watchIntervalMs, signal).catch(() => undefined);
  }
  return exitCodes.interrupted;
}

/** A first failure ends the command; a later one is told and tried again, because watching is for seeing things come back. */
async function readAgain(read: () => Promise<Fleet>, round: number): Promise<Fleet | undefined> {
  try {
    return await read();
  } catch (error) {
    if (round === 0) throw error;
    process.stderr.write(`${errorLine(error, "info")}; trying again\n`);
    return undefined;
  }
}

/** Draws over what was shown before; nothing at all when it is the same. A region taller than the terminal is cut. */
function redraw(before: string, after: string): string {
  const rows = process.stdout.rows;
  const lines = after.split("\n");
  const text =
    lines.length >= rows ? `${lines.slice(0, rows - 2).join("\n")}\n… ${lines.length - rows + 2} more lines\n` : after;
  if (text === before) return before;
  const up = before.split("\n").length - 1;
  process.stdout.write(`${up === 0 ? "" : `\u001b[${up}A`}\u001b[J${text}`);
  return text;
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
    formatTable(planeColumns, planes, { coloured }),
    ...(components.length === 0 ? [] : [formatTable(releaseColumns, components, { coloured })]),
    ...(problems.length === 0 ? [] : [problems.map(problemText).join("")]),
  ];
  return [headline, ...sections].join("\n");
}
