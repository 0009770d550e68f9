/** Which ref names this engine takes: full names by the rules of git-check-ref-format(1), and no others. */

import { GitError, type Oid, type Ref } from "./repository.ts";

// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[/.]$/u;
const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;

/** Throws GitError `invalid-ref`. */
export function checkRef(ref: Ref): void {
  const isValid = ref.startsWith("refs/") && ref.length <= 1024 && ref.isWellFormed() && !FORBIDDEN.test(ref);
  if (!isValid) throw new GitError("invalid-ref", `${JSON.stringify(ref.slice(0, 200))} is not a full ref name`);
}

/** Throws GitError `missing-object`: what is no object id names no object, and must not reach a command line. */
export function checkOid(oid: Oid): void {
  if (!OID.test(oid)) throw new GitError("missing-object", `${JSON.stringify(oid.slice(0, 80))} is not an object id`);
}
