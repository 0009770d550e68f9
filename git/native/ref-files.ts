/**
 * One ref by its full name, straight from the repository's files (gitrepository-layout(5)), in place: 0.2 ms where a process costs 40
 * in a large program. Not by `git cat-file`, although one runs anyway: it takes a name for more than it says, so that an
 * absent `refs/heads/x` is answered with `refs/heads/refs/heads/x`, or `refs/heads/x-1-g0123abc` with commit 0123abc
 * (gitrevisions(7)). Only what is plainly there or plainly absent is answered; for anything else git has to be asked.
 */

import * as fs from "node:fs";
import { join } from "node:path";
import type { ObjectFormat } from "../object-id.ts";
import { GitError, type Oid, type Ref } from "../repository.ts";

/** `unclear`: a symbolic ref, a damaged one, or a repository that keeps its refs otherwise. */
export type RefFound =
  | { readonly kind: "found"; readonly oid: Oid }
  | { readonly kind: "absent" }
  | { readonly kind: "unclear" };

type PackedRefs = {
  readonly refs: ReadonlyMap<Ref, Oid>;
  /** Every line is one that git writes. */
  readonly isWhole: boolean;
};

const UNCLEAR: RefFound = { kind: "unclear" };
const ABSENT: RefFound = { kind: "absent" };
const ABSENCES: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);
const NO_PACKED_REFS: PackedRefs = { refs: new Map(), isWhole: true };

export class RefFiles {
  readonly #path: string;
  readonly #oid: RegExp;
  #packed: { readonly stamp: string; readonly content: PackedRefs } | undefined;

  constructor(path: string, format: ObjectFormat) {
    this.#path = path;
    this.#oid = format === "sha256" ? /^(?!0+$)[0-9a-f]{64}$/u : /^(?!0+$)[0-9a-f]{40}$/u;
  }

  /**
   * Where the ref stands at this moment. Its own file is read before `packed-refs`, because git packs a ref before it deletes
   * that file (refs/files-backend.c, files_pack_refs).
   */
  read(ref: Ref): RefFound {
    const loose = readWhole(join(this.#path, ref));
    if (loose.kind === "unreadable") return UNCLEAR;
    if (loose.kind === "read") {
      const oid = loose.text.endsWith("\n") ? loose.text.slice(0, -1) : loose.text;
      return this.#oid.test(oid) ? { kind: "found", oid } : UNCLEAR;
    }
    const packed = this.#readPacked();
    const oid = packed?.refs.get(ref);
    if (oid !== undefined) return { kind: "found", oid };
    return packed?.isWhole === true && this.#wouldHaveFile(ref) ? ABSENT : UNCLEAR;
  }

  /** The oid that stands in the ref's own file; undefined for anything else. */
  readLoose(ref: Ref): Oid | undefined {
    const loose = readWhole(join(this.#path, ref));
    const oid = loose.kind === "read" ? loose.text.trimEnd() : "";
    return this.#oid.test(oid) ? oid : undefined;
  }

  /**
   * False when no file says nothing: the whole repository is gone, it keeps its refs in gitformat-reftable(5), or the ref is
   * an old symbolic one, a link to nowhere.
   */
  #wouldHaveFile(ref: Ref): boolean {
    const [head, refs, reftable, own] = ["HEAD", "refs", "reftable", ref].map((name) =>
      lookAt(join(this.#path, name), (path) => fs.lstatSync(path)),
    );
    return head !== undefined && refs !== undefined && reftable === undefined && own?.isSymbolicLink() !== true;
  }

  /** Read again only when it was replaced, as git does (statinfo.h, stat_validity); undefined when it cannot be read. */
  #readPacked(): PackedRefs | undefined {
    const path = join(this.#path, "packed-refs");
    const stamp = stampOf(path);
    if (stamp === undefined) return NO_PACKED_REFS;
    if (this.#packed?.stamp === stamp) return this.#packed.content;
    const file = readWhole(path);
    if (file.kind !== "read") return undefined;
    const content = parsePackedRefs(file.text, this.#oid);
    if (stampOf(path) === stamp) this.#packed = { stamp, content };
    return content;
  }
}

/** A header, then `<oid> <ref>` a line, some followed by `^<oid>`: what an annotated tag names (git-pack-refs(1)). */
function parsePackedRefs(text: string, oidPattern: RegExp): PackedRefs {
  const refs = new Map<Ref, Oid>();
  const lines = text.split("\n");
  let isWhole = lines.pop() === "";
  for (const line of lines) {
    const space = line.indexOf(" ");
    const oid = line.slice(0, space);
    if (space !== -1 && oidPattern.test(oid)) refs.set(line.slice(space + 1), oid);
    else if (!line.startsWith("#") && !(line.startsWith("^") && oidPattern.test(line.slice(1)))) isWhole = false;
  }
  return { refs: isWhole ? refs : new Map(), isWhole };
}

type FileRead =
  | { readonly kind: "read"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unreadable" };

/** A folder is no file: it only holds refs of longer names. */
function readWhole(path: string): FileRead {
  try {
    return { kind: "read", text: fs.readFileSync(path, "utf8") };
  } catch (error) {
    return { kind: isAbsence(error) ? "absent" : "unreadable" };
  }
}

/** What tells one state of a file from the next; undefined when there is none. */
function stampOf(path: string): string | undefined {
  const found = lookAt(path, (path) => fs.statSync(path, { bigint: true }));
  return found && [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(" ");
}

/** Throws GitError `failed`. */
function lookAt<T>(path: string, look: (path: string) => T): T | undefined {
  try {
    return look(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw new GitError("failed", `${path} cannot be looked at`, { cause: error });
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && "code" in error && ABSENCES.has(String(error.code));
}
