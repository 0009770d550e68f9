/**
 * `gitplane completion SHELL` and what its scripts ask: `gitplane __complete -- WORD…`, one candidate a line. Names come from
 * the fleet as some command saw it last; the network is never asked, and what goes wrong is an empty answer.
 */
import { exitCodes, type ExitCode } from "../../process/exit-codes.ts";
import { printText } from "../../process/output.ts";
import { namesOf, shortPlane } from "../fleet/filter.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { isOfComponent } from "../fleet/release-status.ts";
import { type AccessOptions, findAccess } from "./access.ts";
import { openFleetCache } from "./fleet-cache.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** The script that a shell evaluates. */
export async function printCompletion(shell: Shell): Promise<ExitCode> {
  await printText(scripts[shell], process.stdout);
  return exitCodes.done;
}

/** `words` are those of the line after the program's name, up to the cursor; the last is the one to complete, maybe empty. */
export async function complete(program: CommandShape, words: readonly string[]): Promise<ExitCode> {
  const sought = soughtBy(program, splitEquals(words));
  const fleet = sought.names === undefined ? undefined : await knownFleet(sought.options);
  const names = fleet === undefined || sought.names === undefined ? [] : namesFor(sought.names, fleet);
  const found = [...sought.fixed, ...names].filter((candidate) => candidate.startsWith(sought.prefix));
  await printText([...new Set(found)].map((candidate) => `${candidate}\n`).join(""), process.stdout);
  return exitCodes.done;
}

/** As much of a command as completing it needs; commander's Command is one. */
export type CommandShape = {
  name(): string;
  readonly commands: readonly CommandShape[];
  readonly options: readonly OptionShape[];
  readonly registeredArguments: readonly { readonly argChoices?: readonly string[] | undefined }[];
};
type OptionShape = {
  readonly long?: string | undefined;
  readonly short?: string | undefined;
  readonly required: boolean;
  readonly optional: boolean;
  readonly hidden: boolean;
  readonly argChoices?: readonly string[] | undefined;
};

export type Sought = {
  readonly prefix: string;
  /** Candidates that are always there. */
  readonly fixed: readonly string[];
  /** What it is the name of; undefined when no name can stand there. */
  readonly names: NameKind | undefined;
  /** Options on the line before the cursor, by their long names without dashes. */
  readonly options: Readonly<Record<string, string>>;
};
type NameKind = "project" | "environment" | "component" | "plane" | "release" | "log";

/** bash breaks words at `=`: `--project=sh` comes as three. */
function splitEquals(words: readonly string[]): readonly string[] {
  const last = words.length - 1;
  return words.flatMap((word, index) => {
    const at = word.startsWith("--") ? word.indexOf("=") : -1;
    if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
    return word === "=" ? (index === last ? [""] : []) : [word];
  });
}

export function soughtBy(program: CommandShape, words: readonly string[]): Sought {
  const prefix = words.at(-1) ?? "";
  const path = [program.name()];
  const options: Record<string, string> = {};
  let command = program;
  let isRest = false;
  let positions = 0;
  for (let index = 0; index < words.length - 1; index += 1) {
    const word = words[index] ?? "";
    if (word === "--") isRest = true;
    const option = isRest ? undefined : optionOf(command, word);
    const next = isRest ? undefined : command.commands.find((one) => one.name() === word);
    if (option !== undefined && (option.required || option.optional)) {
      if (index === words.length - 2) return { prefix, ...valuesOf(option), options };
      options[longName(option)] = words[index + 1] ?? "";
      index += 1;
    } else if (next !== undefined) {
      command = next;
      path.push(next.name());
    } else if (!word.startsWith("-")) positions += 1;
  }
  if (prefix.startsWith("-") && !isRest) return { prefix, fixed: optionNames(command), names: undefined, options };
  const fixed = positions > 0 ? [] : [...visible(command), ...(command.registeredArguments[0]?.argChoices ?? [])];
  return { prefix, fixed, names: positions > 0 ? undefined : argumentNames(path), options };
}

function optionOf(command: CommandShape, word: string): OptionShape | undefined {
  return word.startsWith("-") ? command.options.find(({ long, short }) => word === long || word === short) : undefined;
}

function longName({ long }: OptionShape): string {
  return (long ?? "").replace(/^--/, "");
}

function optionNames({ options }: CommandShape): readonly string[] {
  return [
    ...options.filter(({ hidden }) => !hidden).flatMap(({ long }) => (long === undefined ? [] : [long])),
    "--help",
  ];
}

function visible({ commands }: CommandShape): readonly string[] {
  return commands.map((one) => one.name()).filter((name) => !name.startsWith("__"));
}

const namedOptions: ReadonlyMap<string, NameKind> = new Map<string, NameKind>([
  ["project", "project"],
  ["environment", "environment"],
  ["component", "component"],
  ["plane", "plane"],
]);

function valuesOf(option: OptionShape): Pick<Sought, "fixed" | "names"> {
  return { fixed: option.argChoices ?? [], names: namedOptions.get(longName(option)) };
}

const namedArguments: ReadonlyMap<string, NameKind> = new Map<string, NameKind>([
  ["gitplane describe component", "component"],
  ["gitplane describe release", "release"],
  ["gitplane describe environment", "environment"],
  ["gitplane describe plane", "plane"],
  ["gitplane logs", "log"],
]);

function argumentNames(path: readonly string[]): NameKind | undefined {
  return namedArguments.get(path.join(" "));
}

function namesFor(kind: NameKind, fleet: Fleet): readonly string[] {
  const releases = fleet.releases
    .filter(isOfComponent)
    .map(({ project, component, environment }) => `${project}/${component}/${environment}`);
  const parts = fleet.releases.flatMap(({ plane, platform }) =>
    platform === undefined ? [] : [`${shortPlane(plane)}/${platform}`],
  );
  switch (kind) {
    case "release":
      return [...releases, ...parts];
    case "log":
      return [...namesOf(fleet).component, ...releases];
    case "project":
    case "environment":
    case "component":
    case "plane":
      return namesOf(fleet)[kind];
  }
}

async function knownFleet({
  server,
  data,
  specs,
  state,
  "credential-file": credentialFile,
}: Record<string, string>): Promise<Fleet | undefined> {
  const options: AccessOptions = {
    ...orVariable("server", server, "GITPLANE_SERVER"),
    ...orVariable("data", data, "GITPLANE_DATA"),
    ...orVariable("specs", specs, "GITPLANE_SPECS"),
    ...orVariable("state", state, "GITPLANE_STATE"),
    ...orVariable("credentialFile", credentialFile, "GITPLANE_CREDENTIAL_FILE"),
  };
  try {
    return (await openFleetCache(await findAccess(options)).readFleet())?.fleet;
  } catch {
    return undefined; // a shell that completes has no place for an error
  }
}

function orVariable(name: keyof AccessOptions, given: string | undefined, variable: string): AccessOptions {
  const value = given ?? process.env[variable];
  return value === undefined ? {} : { [name]: value };
}

/** Each asks the program that the line names, so that another version completes its own commands. */
const scripts: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of gitplane: source <(gitplane completion bash)
_gitplane() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _gitplane gitplane
`,
  zsh: `#compdef gitplane
# zsh completion of gitplane: source <(gitplane completion zsh)
_gitplane() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${candidates[*]}" ]]; then
    compadd -- "\${candidates[@]}"
  else
    _files
  fi
}
compdef _gitplane gitplane
`,
  fish: `# fish completion of gitplane: gitplane completion fish | source
function __gitplane_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] __complete -- $words[2..-1] 2>/dev/null
end
complete -c gitplane -f -a '(__gitplane_complete)'
`,
};
