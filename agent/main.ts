/** The program `gitplane-agent`: options in, parts opened, pipeline run. */
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { openLog } from "../process/log.ts";
import { type MetricsAddress, parseMetricsAddress } from "../process/metrics-address.ts";
import type { MetricsServer } from "../process/metrics-server.ts";
import { outputFormats, type OutputFormat } from "../process/output-formats.ts";
import { runProgram } from "../process/run-program.ts";
import { packageVersion } from "../process/version.ts";
import { type PlaneId, planeKey } from "../schemas/layout.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { type ExitCode, exitCodes } from "../process/exit-codes.ts";
import {
  addPlaneOptions,
  type OpenAgent,
  openAgent,
  planeOption,
  type PlaneOptions,
  readDuration,
} from "./open-agent.ts";
import { addPowerOptions, impersonatedUser, type PowerOptions, readCeiling } from "./power-options.ts";
import { printPlan } from "./print-plan.ts";
import { rbacManifests } from "./rbac.ts";
import { runAgent } from "./run.ts";
import { noteInstance } from "./volume.ts";
import { wakeUrl } from "./wake.ts";

type RunFlags = PlaneOptions & {
  readonly wakeUrl?: string;
  readonly wake: boolean;
  readonly poll: number;
  readonly metricsAddress?: MetricsAddress;
};
type RbacFlags = PowerOptions & { readonly plane: PlaneId; readonly transportEncryption?: boolean };
type PlanFlags = PlaneOptions & { readonly output: OutputFormat; readonly exitCode?: true };

await runProgram(async ({ signal }) => {
  let exitCode: ExitCode | undefined;
  const program = new Command("gitplane-agent")
    .description("Pulls one plane's Releases from Git and keeps the target true to them")
    .version(packageVersion())
    .exitOverride();
  addPlaneOptions(program.command("run").description("apply every new revision until stopped"))
    .option("--wake-url <url>", "where to listen for new revisions (default: the repository's host)")
    .option("--no-wake", "poll only")
    .addOption(
      new Option("--poll <duration>", "how often to look at the branch").default(30_000, "30s").argParser(readDuration),
    )
    .addOption(
      new Option(
        "--metrics-address <host:port>",
        "answer GET /metrics there for Prometheus; without a login, so keep it local",
      ).argParser(readMetricsAddress),
    )
    .action(async (flags: RunFlags) => {
      exitCode = await run(flags, signal);
    });
  addPlaneOptions(program.command("plan").description("show what the newest revision would change, without a write"))
    .addOption(new Option("-o, --output <format>", "format of the output").choices(outputFormats).default("table"))
    .option("--exit-code", "exit with 1 when changes are pending and with 4 when only held ones are")
    .action(async (flags: PlanFlags) => {
      exitCode = await plan(flags, signal);
    });
  addPowerOptions(
    program.command("rbac").description("print what a service account needs to serve a plane, to apply once"),
  )
    .addOption(planeOption())
    .option("--transport-encryption", "let it find out whether Cilium encrypts what travels between the nodes")
    .action(async (flags: RbacFlags) => {
      await printRbac(flags);
    });
  await program.parseAsync();
  return exitCode;
});

/** Of two agents with one identity, the one that may not write ends with `untrusted`. */
async function run(flags: RunFlags, signal: AbortSignal): Promise<ExitCode> {
  const log = openLog();
  let rival: string | undefined;
  await using opened = await openAgent(flags, { log, signal });
  await using metrics = await openMetrics(flags, { ...opened, standsBy: () => rival !== undefined });
  if (metrics !== undefined) log.info({ url: metrics.url }, "metrics are served");
  const url = flags.wake ? (flags.wakeUrl ?? wakeUrl(flags.repository, flags.plane)) : undefined;
  log.info({ plane: planeKey(flags.plane), instance: opened.instance }, "agent started");
  await runAgent({
    ...opened,
    predecessors: await noteInstance(join(flags.data, `${planeKey(flags.plane)}.instances`), opened.instance),
    log,
    now: () => new Date(),
    random: Math.random,
    pollMs: flags.poll,
    wake: url === undefined ? undefined : { url, authorization: opened.authorization },
    onRival: (instance) => {
      rival = instance;
    },
  });
  log.info("agent stopped");
  return rival === undefined ? exitCodes.done : exitCodes.untrusted;
}

async function printRbac(flags: RbacFlags): Promise<void> {
  const { plane } = flags;
  const ceiling = await readCeiling(flags);
  const looksAtEncryption = flags.transportEncryption === true;
  const manifests = rbacManifests({ plane, ceiling, impersonate: impersonatedUser(flags), looksAtEncryption });
  process.stdout.write(manifests.map((manifest) => writeStateYaml(manifest)).join("---\n"));
}

/** Loaded where it is asked for: the library of the metrics costs 14 MB. */
async function openMetrics(
  { metricsAddress }: RunFlags,
  { requestsByVerb, standsBy }: OpenAgent & { readonly standsBy: () => boolean },
): Promise<MetricsServer | undefined> {
  if (metricsAddress === undefined) return undefined;
  const { openAgentMetrics } = await import("./metrics.ts");
  const { serveMetrics } = await import("../process/metrics-server.ts");
  return serveMetrics(metricsAddress, openAgentMetrics(requestsByVerb, standsBy));
}

function readMetricsAddress(text: string): MetricsAddress {
  const address = parseMetricsAddress(text);
  if (address === undefined) throw new InvalidArgumentError("Give it as host:port, an IPv6 host in brackets.");
  return address;
}

async function plan(flags: PlanFlags, signal: AbortSignal): Promise<ExitCode> {
  await using opened = await openAgent(flags, { log: openLog({ level: "warn" }), signal });
  const { output: format, exitCode = false } = flags;
  return await printPlan(opened.agent, { format, exitCode }, process.stdout);
}
