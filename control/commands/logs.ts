/** `gitplane logs`: what the engine did, Release by Release, oldest first. */
import type { Repository } from "../../git/repository.ts";
import { sleep } from "../../process/backoff.ts";
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { formatRows, printRows, printText } from "../../process/output.ts";
import type { OutputFormat } from "../../process/output-formats.ts";
import { errorLine } from "../../process/run-program.ts";
import { type Column, formatTable } from "../../process/table.ts";
import { statePath } from "../../schemas/layout.ts";
import { chooseNamed, type Named } from "../fleet/choose-named.ts";
import { filterFleet } from "../fleet/filter.ts";
import type { Fleet, PlaneStatus } from "../fleet/fleet.ts";
import type { LogEntry, LogSource, ReleaseEvent } from "../fleet/release-log.ts";
import { isOfComponent } from "../fleet/release-status.ts";
import type { AccessOptions } from "./access.ts";
import { type FleetReader, openFleet } from "./fleet-access.ts";
import { green, noSpecs, red, shortOid, yellow } from "./fleet-columns.ts";
import { Waiting } from "./waiting.ts";

export type LogsOptions = AccessOptions & {
  readonly output: OutputFormat;
  readonly entries: number;
  readonly plane?: string;
  readonly follow?: boolean;
};

/** `wanted` is `[project/]component[/environment]`. Throws ExitError `usage` for what is not there. */
export async function logs(wanted: string | undefined, options: LogsOptions, signal: AbortSignal): Promise<ExitCode> {
  const { follow = false, output } = options;
  if (follow && output !== "table" && output !== "ndjson")
    throw new ExitError(exitCodes.usage, "--follow goes with -o table or -o ndjson");
  using waiting = new Waiting(process.stderr);
  await using reader = await openFleet({ ...options, onProgress: waiting.say });
  const fleet = await reader.read();
  if (fleet.specs === undefined) process.stderr.write(noSpecs);
  const question = questionOf(wanted, fleet, options);
  const sources = sourcesOf(fleet, question);
  const entries = await reader.recall(["logs", sources, options.entries], ({ state }) =>
    readEntries(sources, options.entries, state),
  );
  waiting.end();
  await printRows(entries, { format: output, columns: logColumns }, process.stdout);
  return follow ? await followOn({ reader, fleet, question, output }, signal) : exitCodes.done;
}

async function readEntries(
  sources: readonly LogSource[],
  limit: number,
  state: Repository,
): Promise<readonly LogEntry[]> {
  const { readLog } = await import("../fleet/release-log.ts");
  return await readLog(sources, limit, state);
}

type Question = {
  readonly paths: readonly string[];
  readonly isWanted: (plane: PlaneStatus) => boolean;
};

/** Paths in the planes' branches; all that is of components when nothing is named. */
function questionOf(wanted: string | undefined, fleet: Fleet, { plane }: LogsOptions): Question {
  const planes = new Set(filterFleet(fleet, plane === undefined ? {} : { plane }).planes.map((one) => one.plane));
  const isKnown = new Set(fleet.planes.map((one) => one.plane));
  const isWanted = (one: PlaneStatus): boolean =>
    plane === undefined || planes.has(one.plane) || !isKnown.has(one.plane);
  return { paths: wanted === undefined ? ["releases"] : pathsOf(wanted, fleet), isWanted };
}

function pathsOf(wanted: string, fleet: Fleet): readonly string[] {
  const groups = new Map<string, { readonly words: readonly string[]; readonly paths: Set<string> }>();
  const add = (words: readonly string[], path: string): void => {
    const group = groups.get(words.join("/")) ?? { words, paths: new Set() };
    groups.set(words.join("/"), { ...group, paths: group.paths.add(path) });
  };
  for (const { organization, project, environment, component } of fleet.releases.filter(isOfComponent)) {
    const path = statePath({ kind: "release", project, environment, component });
    add([organization, project, component], path);
    add([organization, project, component, environment], path);
  }
  // One that runs nowhere now may have run where its project's environments are.
  for (const { organization, project, component } of fleet.catalogue.components)
    for (const { environment } of fleet.catalogue.environments.filter((one) => one.organization === organization))
      add([organization, project, component], statePath({ kind: "release", project, environment, component }));
  const all = [...groups.values()].map(({ words, paths }): Named<readonly string[]> => ({ words, value: [...paths] }));
  return chooseNamed("component or Release", wanted, preferWhole(wanted, all));
}

/** `cart` is the component, although each of its Releases has it in its path too. */
function preferWhole(wanted: string, all: readonly Named<readonly string[]>[]): readonly Named<readonly string[]>[] {
  const components = all.filter(({ words }) => words.length === 3);
  return components.some(({ words }) => words.join("/").endsWith(wanted)) ? components : all;
}

function sourcesOf({ planes }: Fleet, { paths, isWanted }: Question, before?: Fleet): readonly LogSource[] {
  const known = new Map(before?.planes.map((plane) => [plane.plane, plane]));
  return planes
    .filter(isWanted)
    .flatMap(({ plane, revision, receipts }) =>
      paths.flatMap((path): readonly LogSource[] => [
        ...sourceOf({ plane, branch: "releases", to: revision, from: known.get(plane)?.revision, path }),
        ...sourceOf({ plane, branch: "receipts", to: receipts, from: known.get(plane)?.receipts, path }),
      ]),
    );
}

function sourceOf({
  to,
  ...source
}: Omit<LogSource, "to"> & { readonly to: string | undefined }): readonly LogSource[] {
  return to === undefined || to === source.from ? [] : [{ ...source, to }];
}

const watchIntervalMs = 1000;
const mostAtOnce = 1000;

type Following = {
  readonly reader: FleetReader;
  readonly fleet: Fleet;
  readonly question: Question;
  readonly output: OutputFormat;
};

/** A failure is told once and tried again. */
async function followOn({ reader, fleet, question, output }: Following, signal: AbortSignal): Promise<ExitCode> {
  let before = fleet;
  let warned = "";
  while (!signal.aborted) {
    await sleep(watchIntervalMs, signal).catch(() => undefined);
    if (signal.aborted) break;
    try {
      const now = await reader.read();
      const sources = sourcesOf(now, question, before);
      const entries =
        sources.length === 0 ? [] : await reader.ask(({ state }) => readEntries(sources, mostAtOnce, state));
      before = now;
      warned = "";
      await printText(linesOf(entries, output), process.stdout);
    } catch (error) {
      const text = `${errorLine(error, "info")}; trying again\n`;
      if (text !== warned) process.stderr.write(text);
      warned = text;
    }
  }
  return exitCodes.interrupted;
}

function linesOf(entries: readonly LogEntry[], output: OutputFormat): string {
  if (output === "ndjson") return formatRows(entries, { format: "ndjson", columns: [] });
  return formatTable(logColumns, entries).split("\n").slice(1).join("\n");
}

const eventColours: ReadonlyMap<ReleaseEvent, number> = new Map<ReleaseEvent, number>([
  ["failed", red],
  ["degraded", red],
  ["missing", red],
  ["held", yellow],
  ["progressing", yellow],
  ["healthy", green],
]);

export const logColumns: readonly Column<LogEntry>[] = [
  { heading: "time", value: ({ at }) => at },
  { heading: "plane", value: ({ plane }) => plane },
  { heading: "release", value: logName },
  { heading: "event", value: ({ event }) => event, colour: ({ event }) => eventColours.get(event) },
  { heading: "revision", value: ({ revision }) => shortOid(revision) },
  { heading: "what", value: whatText },
];

function logName({ project, component, environment, platform }: LogEntry): string {
  return platform ?? `${project}/${component}/${environment}`;
}

function whatText({
  event,
  change,
  specs,
  authors = [],
  subject,
  result,
  health,
  reason,
}: LogEntry): string | undefined {
  if (event === "rendered") {
    const by = authors.length === 0 ? "" : ` by ${authors.join(", ")}`;
    const from = specs === undefined ? "" : ` from specs ${specs.slice(0, 10)}`;
    return `${change}${from}${by}${subject === undefined || subject === "" ? "" : `: ${subject}`}`;
  }
  const outcome = event === "applied" ? [`${result}, ${health}`] : [];
  return [...outcome, ...(reason === undefined ? [] : [reason])].join(": ");
}
