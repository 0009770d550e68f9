/** How commands that ask a control plane find it: by flags, by environment, or from its data folder on this machine. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Option } from "commander";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { stateFolder } from "../../process/user-folders.ts";

export type AccessOptions = { readonly server?: string; readonly credentialFile?: string; readonly data?: string };

/** Where the control plane answers, and as whom to ask. */
export type Access = { readonly url: string; readonly credential: { readonly user: string; readonly token: string } };

const peopleUser = "people";
export const addressFile = "address.json";

export function accessOptions(): readonly Option[] {
  return [
    new Option("--server <url>", "URL of the control plane").env("GITPLANE_SERVER"),
    new Option("--credential-file <file>", "file with the token of `people`").env("GITPLANE_CREDENTIAL_FILE"),
    new Option("--data <folder>", "data folder of a control plane on this machine, instead of the two above").env(
      "GITPLANE_DATA",
    ),
  ];
}

/** Where `gitplane serve` keeps its data unless told otherwise. */
export function defaultDataFolder(): string {
  return join(stateFolder(process.env), "control");
}

/** Throws ExitError `usage` or `unreachable` with what to do when nothing leads to a control plane. */
export async function findAccess({ server, credentialFile, data }: AccessOptions): Promise<Access> {
  const folder = data ?? defaultDataFolder();
  const url = server ?? (await readAddress(folder));
  const file = credentialFile ?? join(folder, "credentials", "people");
  try {
    const token = (await readFile(file, "utf8")).trim();
    return { url: url.replace(/\/+$/, ""), credential: { user: peopleUser, token } };
  } catch (error) {
    throw new ExitError(exitCodes.usage, `cannot read the credential ${file}; name one with --credential-file`, {
      cause: error,
    });
  }
}

async function readAddress(folder: string): Promise<string> {
  try {
    const address: unknown = JSON.parse(await readFile(join(folder, addressFile), "utf8"));
    const { url } = address as { url?: unknown }; // parsed JSON; a schema would cost every command 30 ms
    if (typeof url === "string") return url;
    throw new TypeError(`${addressFile} names no URL`);
  } catch {
    const message = `no control plane runs from ${folder}; start one with \`gitplane serve\` (or \`npm start\` in a checkout), or name one with --server`;
    throw new ExitError(exitCodes.unreachable, message);
  }
}
