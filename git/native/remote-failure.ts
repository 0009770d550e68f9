/**
 * What a failed exchange with a remote means. git and curl say it in words only, so this one file reads them (LC_ALL=C keeps
 * them English); what no row knows is `unreachable`, the one failure that every caller already retries later.
 */

import { GitError, type GitErrorCode } from "../repository.ts";
import type { GitOutcome } from "./program.ts";
import { basicAuthorization } from "./environment.ts";
import type { Remote } from "./remote-url.ts";

const MEANINGS: readonly (readonly [words: RegExp, code: GitErrorCode])[] = [
  [/No space left on device/u, "disk-full"],
  [/over limit \d+|File too large|died of signal 25/u, "too-large"],
  [/Authentication failed|could not read (Username|Password)|terminal prompts disabled/u, "not-allowed"],
  [/returned error: 40[13]|Permission denied|access denied|not authorized/iu, "not-allowed"],
  [/transport '.*' not allowed|dubious ownership/u, "not-allowed"],
  [/fsck error|index-pack failed|bad object|pack has|pack is corrupted|did not send all necessary objects/u, "corrupt"],
  [/COLLISION|inflate|unresolved delta|fatal: unpack/u, "corrupt"],
];

/** The error for an exchange that git ended with an exit code other than 0. */
export function remoteFailure(title: string, remote: Remote, outcome: GitOutcome): GitError {
  const code = MEANINGS.find(([words]) => words.test(outcome.stderr))?.[1] ?? "unreachable";
  return new GitError(code, `${title}: ${withoutCredential(outcome.stderr, remote).trim()}`);
}

/** The other side's words, should it ever echo what we sent. */
export function withoutCredential(text: string, { credential }: Remote): string {
  if (credential === undefined) return text;
  const secrets = [basicAuthorization(credential).slice("Basic ".length), credential.token];
  return secrets.filter((secret) => secret !== "").reduce((masked, secret) => masked.replaceAll(secret, "***"), text);
}
