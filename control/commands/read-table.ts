/** The commands that look: status, get, describe, logs. What one does is imported when it runs. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ExitCode, exitCodes, ExitError } from "../../process/exit-codes.ts";
import { outputFormats } from "../../process/output-formats.ts";
import { nearestName } from "../problems/nearest.ts";
import { accessOptions } from "./access.ts";

type Finish = (exitCode: ExitCode) => void;

export function addReads(program: Command, finish: Finish, signal: AbortSignal): void {
  addStatus(program, finish, signal);
  addGet(program, finish);
  addDescribe(program, finish);
  addLogs(program, finish, signal);
}

function addStatus(program: Command, finish: Finish, signal: AbortSignal): void {
  const command = reading(program, "status", "what runs where, what is behind, and why")
    .option("-w, --watch", "keep showing changes until interrupted")
    .action(async (options) => finish(await (await import("./status.ts")).status(options, signal)));
  addFilters(command, ["project", "environment", "component", "plane"]);
  addExamples(command, [
    ["gitplane status", "everything, what is behind first"],
    ["gitplane status --watch", "one screen that stays up to date; elsewhere a line for each change"],
    ["gitplane status -o json | jq '.[0].releases[].behind'", "for other programs"],
  ]);
}

function addGet(program: Command, finish: Finish): void {
  const get = program.command("get").description("list one kind of thing");
  const all = ["project", "environment", "component", "plane"] as const;
  const components = reading(
    get,
    "components",
    "each component: its image in each environment, its state and health",
  ).action(async (options) => finish(await (await import("./get.ts")).getComponents(options)));
  const environments = reading(
    get,
    "environments",
    "stages in their order: plane, Releases, health, how many are behind",
  ).action(async (options) => finish(await (await import("./get.ts")).getEnvironments(options)));
  const planes = reading(get, "planes", "clusters and their agents").action(async (options) =>
    finish(await (await import("./get.ts")).getPlanes(options)),
  );
  const releases = reading(get, "releases", "what is rendered, applied and healthy").action(async (options) =>
    finish(await (await import("./get.ts")).getReleases(options)),
  );
  const holds = reading(get, "holds", "what agents refuse to do until a person approves it").action(async (options) =>
    finish(await (await import("./get.ts")).getHolds(options)),
  );
  for (const command of [components, environments, planes, releases]) addFilters(command, all);
  addFilters(holds, ["plane"]);
  addExamples(get, [
    ["gitplane get components --project shop", "which image of what runs where"],
    ["gitplane get releases --behind", "what has not arrived, and why"],
    ["gitplane get environments -o yaml", "as data"],
    ["gitplane get holds", "what waits for approval, and the command that gives it"],
  ]);
  refuseOthers(get, "say what to get", "to get");
}

function addDescribe(program: Command, finish: Finish): void {
  const describe = program.command("describe").description("everything known of one thing, on one screen");
  const subjects = [
    ["component", "[project/]component", "where it is declared, what it connects to, and what runs of it where"],
    [
      "release",
      "[project/]component/environment",
      "one component in one environment: objects, health, and how it came there",
    ],
    ["environment", "environment", "a stage: where it is declared, what serves it, and what is in it"],
    ["plane", "plane", "a cluster: its agent, what was published for it, and what is not well"],
  ] as const;
  for (const [kind, name, description] of subjects)
    reading(describe, kind, description)
      .argument(`<${name}>`, "its name, with as much before it as tells it apart")
      .action(async (wanted, options) => finish(await (await import("./describe.ts")).describe(kind, wanted, options)));
  addExamples(describe, [
    ["gitplane describe component cart", "while only one project has a cart"],
    ["gitplane describe release shop/cart/staging", "one Release with its objects"],
    ["gitplane describe plane production -o json", "as data"],
  ]);
  refuseOthers(describe, "say what to describe", "to describe");
}

function addLogs(program: Command, finish: Finish, signal: AbortSignal): void {
  const command = reading(
    program,
    "logs",
    "what the engine did, Release by Release: rendered, applied, failed, held, healthy",
  )
    .argument("[project/component[/environment]]", "a component, or one Release of it; without it all")
    .option("-n, --entries <number>", "how many, the newest", readEntries, 50)
    .option("-f, --follow", "go on with what happens next, until interrupted")
    .action(async (wanted, options) => finish(await (await import("./logs.ts")).logs(wanted, options, signal)));
  addFilters(command, ["plane"]);
  addExamples(command, [
    ["gitplane logs", "the last 50 things that happened, oldest first"],
    ["gitplane logs shop/cart/staging -n 5", "how one Release came to be as it is"],
    ["gitplane logs --plane production --follow", "as it happens"],
  ]);
}

function reading(parent: Command, name: string, description: string): Command {
  const format = new Option("-o, --output <format>", "output format").choices([...outputFormats]).default("table");
  const command = parent.command(name).description(description).addOption(format);
  for (const option of accessOptions()) command.addOption(option);
  return command;
}

const filterTexts = {
  project: ["--project <name>", "of this project only"],
  environment: ["--environment <name>", "in this environment only"],
  component: ["--component <name>", "this component only; project/component where several have the name"],
  plane: ["--plane <name>", "on this plane only; kind/organization/plane where several have the name"],
} as const;

function addFilters(command: Command, filters: readonly (keyof typeof filterTexts)[]): void {
  for (const filter of filters) {
    const [flags, description] = filterTexts[filter];
    command.option(flags, description);
  }
  if (filters.length === 1) return;
  command.option("--unhealthy", "only what is not well").option("--behind", "only what is not as the specs say yet");
}

function addExamples(command: Command, examples: readonly (readonly [command: string, does: string])[]): void {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, does]) => `  ${line.padEnd(width)}  ${does}`);
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** Whatever else is asked for, with whatever options, is answered with what there is. */
function refuseOthers(command: Command, absent: string, unknown: string): void {
  const known = command.commands.map((one) => one.name());
  command
    .argument(`[${known.join("|")}]`)
    .allowUnknownOption()
    .allowExcessArguments()
    .action((what: string | undefined) => {
      const meant = what === undefined ? undefined : nearestName(what, known);
      const all = known.map((name) => `\`gitplane ${command.name()} ${name}\``);
      const there = meant === undefined ? `${all.slice(0, -1).join(", ")} or ${all.at(-1)}` : `did you mean ${meant}?`;
      const wrong = what === undefined ? absent : `there is no ${JSON.stringify(what)} ${unknown}`;
      throw new ExitError(exitCodes.usage, `${wrong}: ${there}`);
    });
}

const mostEntries = 10_000;

function readEntries(text: string): number {
  const count = Number(text);
  if (!/^\d{1,5}$/.test(text) || count < 1 || count > mostEntries)
    throw new InvalidArgumentError(`a number from 1 to ${mostEntries}`);
  return count;
}
