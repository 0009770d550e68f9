/** Which git program is there: everything here relies on what 2.39 has (`cat-file --batch-command`, `core.fsync`). */

import { GitError } from "../repository.ts";
import { runGitOrFail, type GitFolder } from "./program.ts";

const OLDEST = { major: 2, minor: 39 };

/** Throws GitError `git-missing`, `git-too-old`. */
export async function checkVersion(folder: GitFolder): Promise<void> {
  const text = (await runGitOrFail(folder, ["version"])).toString("utf8").trim();
  if (!isNewEnough(text)) {
    throw new GitError("git-too-old", `git ${OLDEST.major}.${OLDEST.minor} or newer is needed; here is "${text}"`);
  }
}

/** Reads the answer of `git version`, such as `git version 2.39.5 (Apple Git-154)`. */
export function isNewEnough(text: string): boolean {
  const match = /^git version (\d+)\.(\d+)/u.exec(text);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}
