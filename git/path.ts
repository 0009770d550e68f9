/**
 * Which paths may be written into a tree. Git itself accepts far more; what is refused here is what some file system, or
 * some Git on it, would read as something else: a step upwards, a hidden `.git`, a separator that is none.
 */

import { GitError } from "./repository.ts";

const LONGEST_PATH_BYTES = 4096;
const LONGEST_NAME_BYTES = 255;

/** Code points HFS+ ignores when it compares names (git/utf8.c, next_hfs_char): `.g\u200cit` opens `.git`. */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;
/** More than git takes for one (git/path.c, is_ntfs_dot_generic): only what is left out could harm. */
const READ_BY_GIT = /^(?:\.git(?:modules|attributes)|g[a-z0-9]{0,6}~\d)/iu;
// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/u;

/** Throws GitError `invalid-path`; the message quotes the path with control characters escaped. */
export function checkPath(path: string): void {
  const fault = findPathFault(path);
  if (fault !== undefined)
    throw new GitError("invalid-path", `${JSON.stringify(path.slice(0, LONGEST_NAME_BYTES))} ${fault}`);
}

/** What is wrong with a path relative to a tree's root, as the end of a sentence; undefined when nothing is. */
export function findPathFault(path: string): string | undefined {
  if (!path.isWellFormed()) return "is not valid Unicode";
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) return `is longer than ${LONGEST_PATH_BYTES} bytes`;
  if (CONTROL.test(path)) return "holds a control character";
  if (path.includes("\\")) return "holds a backslash";
  for (const name of path.split("/")) {
    const fault = findNameFault(name);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function findNameFault(name: string): string | undefined {
  if (name === "") return "has an empty part";
  if (name === "." || name === "..") return `has the part "${name}"`;
  if (Buffer.byteLength(name) > LONGEST_NAME_BYTES) return `has a part longer than ${LONGEST_NAME_BYTES} bytes`;
  if (looksLikeGitFolder(name)) return "has a part that some file systems read as .git";
  return undefined;
}

/**
 * Whether git reads a file of this path for itself: `.gitmodules` or `.gitattributes` anywhere on it, also as HFS+ and NTFS
 * see them (`gi7eba~1`). What stands in one can harm who checks it out, so git-fsck(1) reads it.
 */
export function isReadByGit(path: string): boolean {
  return path.split("/").some((name) => READ_BY_GIT.test(name.replace(IGNORED_BY_HFS, "")));
}

/** `.git` as HFS+ and NTFS see it: any case, ignored code points, trailing dots and spaces, `git~1`, `.git::$INDEX_ALLOCATION`. */
export function looksLikeGitFolder(name: string): boolean {
  const folded = name.replace(IGNORED_BY_HFS, "").toLowerCase();
  const stem = folded.split(":", 1)[0]?.replace(/[. ]+$/u, "");
  return stem === ".git" || stem === "git~1";
}
