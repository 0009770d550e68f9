/** The credential of a Git server, from a file: `user:token` on one line, or the token alone where any user name does. */
import { readFile } from "node:fs/promises";
import type { Credential } from "../../git/native/remote-url.ts";
import { basicAuthorization } from "../../git/native/environment.ts";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { registerSecret } from "../../process/redact.ts";

/** Who asks a Git host of ours; other forges look at the token only. */
export const peopleUser = "people";

/** What was read is never logged from then on. Throws ExitError `usage` when the file cannot be read or holds no credential. */
export async function readCredential(file: string): Promise<Credential> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new ExitError(exitCodes.usage, `cannot read the credential ${file}; name one with --credential-file`, {
      cause: error,
    });
  });
  const [, user = peopleUser, token] = /^(?:([^:\s]+):)?(\S+)$/.exec(text.trim()) ?? [];
  if (token === undefined)
    throw new ExitError(exitCodes.usage, `${file} must hold one line, user:token or a token alone`);
  const credential = { user, token };
  registerSecret(token);
  registerSecret(basicAuthorization(credential));
  return credential;
}
