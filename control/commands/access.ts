/**
 * How commands find the repositories of a control plane: by flags, by environment, or from its data folder on this machine.
 * They are those of its own Git host, or two on other Git servers.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Option } from "commander";
import type { RemoteOptions } from "../../git/native/remote-url.ts";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { stateFolder } from "../../process/user-folders.ts";
import { readCredential } from "./forge-credential.ts";

/** Repositories on other Git servers, and whose word is shown there. */
export type RemoteAccessOptions = {
  readonly specs?: string;
  readonly state?: string;
  readonly credentialFile?: string;
  readonly stateCredentialFile?: string;
};

export type AccessOptions = RemoteAccessOptions & { readonly server?: string; readonly data?: string };

export type Access = {
  readonly specs: RemoteOptions;
  readonly state: RemoteOptions;
  /** What failures name when nothing answers. */
  readonly place: string;
};

export const addressFile = "address.json";

/** What a control plane leaves in its data folder while it runs. A schema would cost every command 30 ms. */
type Address = Partial<Readonly<Record<"url" | keyof RemoteAccessOptions, string>>>;

export function accessOptions(): readonly Option[] {
  return [
    new Option("--server <url>", "URL of a control plane with its own Git host").env("GITPLANE_SERVER"),
    ...remoteOptions(),
    new Option("--data <folder>", "data folder of a control plane on this machine, instead of all these").env(
      "GITPLANE_DATA",
    ),
  ];
}

/** Repositories on other Git servers: for those who ask, and for the control plane itself. */
export function remoteOptions(): readonly Option[] {
  return [
    new Option("--specs <url>", "specs repository on another Git server; goes with --state").env("GITPLANE_SPECS"),
    new Option("--state <url>", "state repository on another Git server; goes with --specs").env("GITPLANE_STATE"),
    new Option(
      "--credential-file <file>",
      "file with `user:token` or a token; for the state repository too when it is on the same server",
    ).env("GITPLANE_CREDENTIAL_FILE"),
    new Option("--state-credential-file <file>", "the same for the state repository, when it is elsewhere").env(
      "GITPLANE_STATE_CREDENTIAL_FILE",
    ),
  ];
}

/** Where `gitplane serve` keeps its data unless told otherwise. */
export function defaultDataFolder(): string {
  return join(stateFolder(process.env), "control");
}

/** Throws ExitError `usage` or `unreachable` with what to do when nothing leads to a control plane. */
export async function findAccess(options: AccessOptions): Promise<Access> {
  const remote = await findRemotes(options);
  if (remote !== undefined) return remote;
  const folder = options.data ?? defaultDataFolder();
  const address = options.server === undefined ? await readAddress(folder) : { url: options.server };
  if (address.url === undefined) {
    const { specs, state } = address;
    const found = specs && state ? await findRemotes({ ...address, ...options, specs, state }) : undefined;
    if (found !== undefined) return found;
    throw nothingRuns(folder);
  }
  const url = address.url.replace(/\/+$/, "");
  const credential = await readCredential(options.credentialFile ?? join(folder, "credentials", "people"));
  return {
    specs: { url: `${url}/specs.git`, credential },
    state: { url: `${url}/state.git`, credential },
    place: `the control plane at ${url}`,
  };
}

/** Undefined when neither repository is named. Throws ExitError `usage` when one is, or a credential cannot be read. */
export async function findRemotes(options: RemoteAccessOptions): Promise<Access | undefined> {
  const { specs, state, credentialFile, stateCredentialFile } = options;
  if (specs === undefined && state === undefined) return undefined;
  if (specs === undefined || state === undefined) {
    const missing = specs === undefined ? "--specs" : "--state";
    throw new ExitError(exitCodes.usage, `${missing} is missing: --specs and --state go together`);
  }
  const credential = credentialFile === undefined ? undefined : await readCredential(credentialFile);
  const own = stateCredentialFile === undefined ? undefined : await readCredential(stateCredentialFile);
  // A token is shown to no server that it was not given for.
  const isShared = own === undefined && serverOf(specs) === serverOf(state);
  return {
    specs: { url: specs, credential },
    state: { url: state, credential: isShared ? credential : own },
    place: "the Git servers of --specs and --state",
  };
}

function serverOf(url: string): string {
  return URL.parse(url)?.origin ?? url;
}

async function readAddress(folder: string): Promise<Address> {
  try {
    const found: unknown = JSON.parse(await readFile(join(folder, addressFile), "utf8"));
    if (typeof found !== "object" || found === null) throw new TypeError(`${addressFile} is no address`);
    return Object.fromEntries(Object.entries(found).filter(([, value]) => typeof value === "string"));
  } catch {
    throw nothingRuns(folder);
  }
}

function nothingRuns(folder: string): ExitError {
  const message = `no control plane runs from ${folder}; start one with \`gitplane serve\` (or \`npm start\` in a checkout), or name one with --server, or its repositories with --specs and --state`;
  return new ExitError(exitCodes.unreachable, message);
}
