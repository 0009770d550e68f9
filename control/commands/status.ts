/**
 * `gitplane status [--watch]`: the whole fleet on one screen. While watching, a terminal shows one region that is drawn
 * anew; elsewhere each change is a line (or an NDJSON object) of its own.
 */
import { sleep } from "../../process/backoff.ts";
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { formatRows } from "../../process/output.ts";
import { formatTable, isColoured } from "../../process/table.ts";
import type { Fleet, ReleaseStatus } from "../fleet.ts";
import { openFleet } from "./fleet-access.ts";
import { type GetOptions, planeColumns, releaseColumns } from "./get.ts";
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
  if (options.watch === true) return watch(() => reader.read(), options, signal);
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
  let known = new Map<string, string>();
  while (!signal.aborted) {
    const fleet = await read();
    if (isLive) shown = redraw(shown, fleetText(fleet, isColoured(process.stdout, process.env)));
    else known = printChanges(fleet.releases, known, output);
    await sleep(watchIntervalMs, signal).catch(() => undefined);
  }
  return exitCodes.interrupted;
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

function printChanges(
  releases: readonly ReleaseStatus[],
  known: ReadonlyMap<string, string>,
  output: string,
): Map<string, string> {
  const now = new Map<string, string>();
  for (const release of releases) {
    const key = [release.plane, release.project, release.environment, release.component].join("/");
    const text = output === "ndjson" ? formatRows([release], { format: "ndjson", columns: [] }) : changeLine(release);
    now.set(key, text);
    if (known.get(key) !== text) process.stdout.write(text);
  }
  return now;
}

function changeLine(release: ReleaseStatus): string {
  const table = formatTable(releaseColumns, [release]);
  return `${table.split("\n")[1] ?? ""}\n`;
}

function fleetText({ specs, problems, planes, releases }: Fleet, coloured: boolean): string {
  if (specs === undefined) return "The specs repository has no commit on main yet.\n";
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
