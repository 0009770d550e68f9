/** The credential of a Git server, from a file: `user:token` on one line, or the token alone where any user name does. */
import { readFile } from "node:fs/promises";
import { type Credential, parseCredential } from "../../git/native/remote-url.ts";
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
  const credential = parseCredential(text.trim(), peopleUser);
  if (credential === undefined)
    throw new ExitError(exitCodes.usage, `${file} must hold one line, user:token or a token alone`);
  registerSecret(credential.token);
  registerSecret(basicAuthorization(credential));
  return credential;
}
