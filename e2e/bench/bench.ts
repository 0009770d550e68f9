/** `npm run bench`: the measured workloads. Figures on stdout, one object a line with `-o json`; progress on stderr. */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { sleep } from "../../process/backoff.ts";
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { printRows } from "../../process/output.ts";
import { runProgram } from "../../process/run-program.ts";
import type { Column } from "../../process/table.ts";
import { type Figure, judge, quietLoad } from "./figure.ts";
import { type Workload, workloads } from "./workloads.ts";

const usage = `npm run bench [WORKLOAD ...] [-- -o table|json]

Measures each workload named, or all of them:

${workloads.map(({ name, description }) => `  ${name.padEnd(22)} ${description}`).join("\n")}

  -o, --output FORMAT  table (default), or json: one object a line

A target counts as met or missed only where the load before the start was below ${quietLoad}; between two workloads it is
waited for, three minutes at most. Ends with 5 when one was missed.
`;

const longestWaitMs = 180_000;
const lookMs = 1000;

const columns: readonly Column<Figure>[] = [
  { heading: "workload", value: ({ workload }) => workload },
  { heading: "figure", value: ({ figure }) => figure },
  { heading: "value", value: ({ value, unit }) => `${value} ${unit}` },
  { heading: "target", value: ({ target, unit }) => (target === null ? undefined : `${target} ${unit}`) },
  { heading: "met", value: ({ target, met }) => (target === null ? undefined : (met ?? "too busy to tell")) },
  { heading: "load", value: ({ load1 }) => load1 },
];

await runProgram(async ({ signal }): Promise<ExitCode> => {
  const { help, output, chosen } = readOptions();
  if (help) {
    process.stdout.write(usage);
    return exitCodes.done;
  }
  const figures: Figure[] = [];
  for (const [at, workload] of chosen.entries()) {
    if (at > 0) await waitUntilQuiet(workload, signal);
    const found = await measure(workload, signal);
    if (output === "ndjson") await printRows(found, { format: output, columns }, process.stdout);
    figures.push(...found);
  }
  if (output === "table") {
    await printRows(figures, { format: output, columns }, process.stdout);
    for (const line of new Set(figures.map(({ workload, composition }) => `${workload}: ${composition}`)))
      process.stdout.write(`${line}\n`);
  }
  return figures.some(({ met }) => met === false) ? exitCodes.failed : exitCodes.done;
});

/** What the workload before left is gone from the load after a minute or two; what others do may never be. */
async function waitUntilQuiet({ name }: Workload, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + longestWaitMs;
  if (currentLoad() < quietLoad) return;
  process.stderr.write(`${name}: waits for the load to fall below ${quietLoad}\n`);
  while (currentLoad() >= quietLoad && performance.now() < deadlineMs) await sleep(lookMs, signal);
}

/** Of the last minute. */
function currentLoad(): number {
  return Math.round((loadavg()[0] ?? Infinity) * 100) / 100;
}

async function measure(workload: Workload, signal: AbortSignal): Promise<readonly Figure[]> {
  const load1 = currentLoad();
  const say = (line: string) => process.stderr.write(`${workload.name}: ${line}\n`);
  say(load1 < quietLoad ? `load ${load1}` : `load ${load1}, too busy to tell whether a target is met`);
  const { measured, composition } = await workload.measure({ say, signal });
  const circumstances = { workload: workload.name, limit: workload.limitSeconds, load1, composition };
  return measured.map((one) => judge(one, circumstances));
}

type Options = { readonly help: boolean; readonly output: "table" | "ndjson"; readonly chosen: readonly Workload[] };

function readOptions(): Options {
  const { values, positionals } = parse();
  const { help = false, output = "table" } = values;
  if (output !== "table" && output !== "json")
    throw new ExitError(exitCodes.usage, `there is no output ${output}\n\n${usage}`);
  const unknown = positionals.find((name) => !workloads.some((workload) => workload.name === name));
  if (unknown !== undefined) throw new ExitError(exitCodes.usage, `there is no workload ${unknown}\n\n${usage}`);
  const chosen = workloads.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return { help, output: output === "json" ? "ndjson" : output, chosen };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { help: { type: "boolean", short: "h" }, output: { type: "string", short: "o" } },
    });
  } catch (error) {
    throw new ExitError(exitCodes.usage, `${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}
