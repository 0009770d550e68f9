/** The `gitplane` program: the command table. What a command does is imported when it runs, so `--help` is quick. */
import { Command, InvalidArgumentError, Option } from "commander";
import { parseDurationMs } from "../process/duration.ts";
import { type ExitCode, exitCodes, ExitError } from "../process/exit-codes.ts";
import { outputFormats } from "../process/output-formats.ts";
import { runProgram } from "../process/run-program.ts";
import { packageVersion } from "../process/version.ts";
import { accessOptions, remoteOptions } from "./commands/access.ts";
import { addCompletion } from "./commands/completion-table.ts";
import { addReads } from "./commands/read-table.ts";
import { problemFormats } from "./problems/problem-formats.ts";

type Finish = (exitCode: ExitCode) => void;

await runProgram(async ({ signal }) => {
  let exitCode: ExitCode | undefined;
  const finish: Finish = (code) => (exitCode = code);
  const program = new Command("gitplane")
    .description("Renders short specs into complete manifests and shows what runs where.")
    .version(packageVersion())
    .exitOverride();
  addServe(program, finish, signal);
  addOffline(program, finish);
  addLanguage(program, finish);
  addReads(program, finish, signal);
  addRecover(program, finish, signal);
  addApprove(program, finish, signal);
  addCompletion(program, finish);
  if (process.argv.length <= 2) {
    program.outputHelp();
    return exitCodes.done;
  }
  await program.parseAsync();
  return exitCode;
});

function addServe(program: Command, finish: Finish, signal: AbortSignal): void {
  const command = program
    .command("serve")
    .description("run the control plane: render what is pushed to the specs repository into the planes' branches")
    .option("--data <folder>", "where repositories and credentials are kept (default: the user's state folder)")
    .option(
      "--address <address>",
      "address for its own Git host to listen on; there is no TLS, so keep it local or behind a proxy",
      "127.0.0.1",
    )
    .option("--port <port>", "port for its own Git host to listen on, 0 for any free one", readPort, 7600)
    .option(
      "--poll <duration>",
      "how often to look at the specs without being told (default: 30s, 5s with --specs)",
      readDuration,
    )
    .addOption(
      new Option(
        "--machine-commits <mode>",
        "where auto-deploy commits the Bindings it makes: main, or a branch for a pull request",
      )
        .choices(["direct", "branch", "off"])
        .default("direct"),
    )
    .addHelpText("after", elsewhere())
    .action(async (options) => finish(await (await import("./commands/serve.ts")).serve(options, signal)));
  for (const option of remoteOptions()) {
    command.addOption(["specs", "state"].includes(option.name()) ? option.conflicts(["address", "port"]) : option);
  }
}

/** A function, because the program runs before what stands below it is there. */
function elsewhere(): string {
  return `
Without --specs and --state it serves a Git host of its own, where each plane has a repository that only its agent may read.
With them it works on two repositories of other Git servers, beside any number of other control planes. All planes' branches
are in that one state repository then, and whoever may read one of them there may read them all: share it only among planes
whose readers may read each other.

GET /metrics of its own Git host answers counts for Prometheus, to the user \`people\` with the token of the data folder.
`;
}

function addOffline(program: Command, finish: Finish): void {
  program
    .command("validate")
    .description("check specs offline, exactly as the control plane does")
    .argument("[folders...]", "folders read as one tree", ["."])
    .addOption(formatOption(problemFormats))
    .action(async (folders, options) =>
      finish(await (await import("./commands/validate.ts")).validateFolders(folders, options)),
    );
  program
    .command("render")
    .description("render specs offline into planes/<kind>/<org>/<plane>/, byte for byte as published")
    .argument("[folders...]", "folders read as one tree", ["."])
    .option("-o, --output <folder>", "folder to write to; with --explain the output format")
    .option(
      "--explain <release...>",
      "show what set each field of a Release, or of one FIELD of it, instead of writing",
    )
    .option("--all-fields", "with --explain, show in the table also what is alike in every object")
    .action(async (folders, options) => finish(await renderOrExplain(folders, options)));
}

async function renderOrExplain(
  folders: readonly string[],
  { output, explain, allFields }: { output?: string; explain?: readonly string[]; allFields?: boolean },
): Promise<ExitCode> {
  if (explain !== undefined)
    return (await import("./commands/explain-release.ts")).explainFolders(folders, { explain, output, allFields });
  if (output === undefined)
    throw new ExitError(exitCodes.usage, "render writes files: name a folder with -o, or ask for --explain RELEASE");
  return (await import("./commands/render.ts")).renderFolders(folders, { output });
}

function addLanguage(program: Command, finish: Finish): void {
  program
    .command("explain")
    .description("what a kind or one of its fields is")
    .argument(
      "[KIND[.field...]]",
      "such as Workload.spec.containers, or gitplane.yaml; without it the kinds are listed",
    )
    .option("--recursive", "every field below, not only the next ones")
    .addOption(formatOption())
    .action(async (subject, options) =>
      finish(await (await import("./commands/explain.ts")).explain(subject, options)),
    );
  const schema = program.command("schema").description("schemas for other programs");
  const folder = "folder to write files to, instead of printing";
  schema
    .command("json")
    .description("JSON Schema for editors: of one kind, or of all in one")
    .argument("[kind]", "one kind only")
    .option("-o, --output <folder>", folder)
    .action(async (kind, options) =>
      finish(await (await import("./commands/schema.ts")).writeJsonSchemas(kind, options)),
    );
  schema
    .command("crds")
    .description("CustomResourceDefinitions, for an API server that refuses what `validate` refuses")
    .option("-o, --output <folder>", folder)
    .action(async (options) => finish(await (await import("./commands/schema.ts")).writeCrds(options)));
}

function addRecover(program: Command, finish: Finish, signal: AbortSignal): void {
  const command = program
    .command("recover")
    .description("go on after history was lost: a rewritten specs branch, a restored backup of the state repository")
    .option("--plane <plane>", "this plane only, as <kind>/<organization>/<name>")
    .option("-y, --yes", "do not ask")
    .option("--author <author>", 'who decides, as "Name <mail>" (default: as git has it here)')
    .action(async (options) => finish(await (await import("./commands/recover.ts")).recover(options, signal)));
  for (const option of accessOptions()) command.addOption(option);
}

function addApprove(program: Command, finish: Finish, signal: AbortSignal): void {
  const command = program
    .command("approve")
    .description("allow an agent exactly what it holds: shown first, then committed to the specs as your word")
    .argument("<hash>", "the Hold, by at least 6 digits of its hash; `gitplane get holds` lists them")
    .option("--reason <text>", "why, for whoever reads it later")
    .option("-y, --yes", "do not ask")
    .option("--author <author>", 'who approves, as "Name <mail>" (default: as git has it here)')
    .action(async (hash, options) =>
      finish(await (await import("./commands/approve.ts")).approve(hash, options, signal)),
    );
  for (const option of accessOptions()) command.addOption(option);
}

function formatOption(formats: readonly string[] = outputFormats): Option {
  return new Option("-o, --output <format>", "output format").choices([...formats]).default("table");
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError("a port is a number from 0 to 65535");
  return port;
}

function readDuration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError("a duration is written like 250ms, 30s, 5m or 1h");
  return ms;
}
