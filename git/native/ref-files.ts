/**
 * One ref by its full name, straight from the repository's files (gitrepository-layout(5)): 0.2 ms where a process costs 40
 * in a large program. Not by `git cat-file`, although one runs anyway: it takes a name for more than it says, so that an
 * absent `refs/heads/x` is answered with `refs/heads/refs/heads/x`, or `refs/heads/x-1-g0123abc` with commit 0123abc
 * (gitrevisions(7)). Only what is plainly there or plainly absent is answered; for anything else git has to be asked.
 */

import { constants } from "node:fs";
import { readFile, stat } from "node:fs/promises";
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
/** A ref that is a symbolic link is an old symbolic ref, and a dangling one is no absence. */
const READ_NO_LINK = constants.O_RDONLY | constants.O_NOFOLLOW;

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
  async read(ref: Ref): Promise<RefFound> {
    const loose = await readWhole(join(this.#path, ref), READ_NO_LINK);
    if (loose.kind === "unreadable") return UNCLEAR;
    if (loose.kind === "read") {
      const oid = loose.text.endsWith("\n") ? loose.text.slice(0, -1) : loose.text;
      return this.#oid.test(oid) ? { kind: "found", oid } : UNCLEAR;
    }
    const packed = await this.#readPacked();
    const oid = packed?.refs.get(ref);
    if (oid !== undefined) return { kind: "found", oid };
    return packed?.isWhole === true && (await this.#keepsRefsInFiles()) ? ABSENT : UNCLEAR;
  }

  /** No file of a ref is there either when the whole repository is gone, or keeps its refs in gitformat-reftable(5). */
  async #keepsRefsInFiles(): Promise<boolean> {
    const [head, refs, reftable] = await Promise.all(
      ["HEAD", "refs", "reftable"].map(async (name) => stampOf(join(this.#path, name))),
    );
    return head !== undefined && refs !== undefined && reftable === undefined;
  }

  /** Read again only when it was replaced, as git does (statinfo.h, stat_validity); undefined when it cannot be read. */
  async #readPacked(): Promise<PackedRefs | undefined> {
    const path = join(this.#path, "packed-refs");
    const stamp = await stampOf(path);
    if (stamp === undefined) return NO_PACKED_REFS;
    if (this.#packed?.stamp === stamp) return this.#packed.content;
    const file = await readWhole(path, constants.O_RDONLY);
    if (file.kind !== "read") return undefined;
    const content = parsePackedRefs(file.text, this.#oid);
    if ((await stampOf(path)) === stamp) this.#packed = { stamp, content };
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
async function readWhole(path: string, flag: number): Promise<FileRead> {
  try {
    return { kind: "read", text: await readFile(path, { encoding: "utf8", flag }) };
  } catch (error) {
    return { kind: isAbsence(error) ? "absent" : "unreadable" };
  }
}

/** What tells one state of a file from the next; undefined when there is none. Throws GitError `failed`. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw new GitError("failed", `${path} cannot be looked at`, { cause: error });
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && "code" in error && ABSENCES.has(String(error.code));
}
