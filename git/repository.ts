/**
 * What an engine of git/ offers: commits, trees and refs by object id, without a work tree. Two kinds of repository share
 * the contract: one with a remote (`fetch` and `push` talk to it) and one without (its own refs are the truth, and `fetch`
 * and `push` are a ref read and a compare-and-swap). Everything read from outside is bounded; nothing here knows a kind.
 */
import type { ObjectFormat } from "./object-id.ts";

/** Forty (SHA-1) or sixty-four (SHA-256) lower-case hexadecimal digits. */
export type Oid = string;
/** A full ref name, such as `refs/heads/main`. */
export type Ref = string;

export type TreeEntry = {
  readonly kind: "blob" | "tree" | "symlink" | "submodule";
  readonly name: string;
  readonly oid: Oid;
  readonly executable: boolean;
};

/** A file of a tree, its path relative to that tree's root, with `/` between parts. */
export type TreeFile = { readonly path: string; readonly oid: Oid; readonly kind: "blob" | "symlink" | "submodule" };

/** One difference between two trees; a renamed file is one removed and one added. In path order by code unit. */
export type TreeChange =
  | { readonly action: "added"; readonly path: string; readonly oid: Oid; readonly kind: TreeFile["kind"] }
  | {
      readonly action: "modified";
      readonly path: string;
      readonly previousOid: Oid;
      readonly oid: Oid;
      readonly kind: TreeFile["kind"];
    }
  | { readonly action: "removed"; readonly path: string; readonly previousOid: Oid };

export type Person = { readonly name: string; readonly mail: string };

export type Commit = {
  readonly oid: Oid;
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: Person;
  readonly committer: Person;
  /** Seconds since the epoch, as the commit says. */
  readonly committedAtSeconds: number;
  readonly subject: string;
  /** The whole message. */
  readonly message: string;
  /** `Key: value` lines of the last paragraph, in order; a key may repeat. */
  readonly trailers: readonly (readonly [key: string, value: string])[];
};

/** Content whose id is known before its bytes are made: of thousands of files only those at hand take memory. */
export type NamedContent = {
  /** As hashObject answers for `bytes()`, which are the same each time. */
  readonly id: (format: ObjectFormat) => Oid;
  readonly bytes: () => Uint8Array;
};

export type FileContent = Uint8Array | NamedContent;

export type NewCommit = {
  /** Undefined makes a root commit. */
  readonly parent: Oid | undefined;
  /** Path to new content, or to null to remove it. Paths not named keep the parent's entry. A folder left empty goes. */
  readonly changes: ReadonlyMap<string, FileContent | null>;
  readonly message: string;
  readonly trailers?: readonly (readonly [key: string, value: string])[];
  readonly author: Person;
  readonly committer: Person;
  readonly committedAtSeconds: number;
};

/**
 * What came of a push. `conflict`: the ref was not at `expect`. `rewind`: `next` is not a descendant of `expect`; nothing
 * was sent. `refused`: the other side said no (a hook, a hidden ref), with its words.
 */
export type PushResult =
  | { readonly kind: "pushed" }
  | { readonly kind: "conflict"; readonly actual: Oid | undefined }
  | { readonly kind: "rewind" }
  | { readonly kind: "refused"; readonly reason: string };

export type LogRange = {
  readonly to: Oid;
  /** Exclusive: commits reachable from it are left out. */
  readonly from?: Oid | undefined;
  readonly path?: string;
  readonly limit: number;
};

export type FetchOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Brings everything again, trusting nothing that is here: the cure for a clone that lost or damaged an object. */
  readonly isAnew?: boolean;
};

export type ObjectCounts = { readonly commits: number; readonly trees: number; readonly blobs: number };

export interface Repository extends AsyncDisposable {
  /**
   * How many objects were read and parsed since the repository was opened: what "reads only what differs" is measured by. One
   * that an engine still knows, because it read or wrote it, is not read again.
   */
  readonly reads: ObjectCounts;
  /** How many objects commits have written since the repository was opened; what stays in a tree is none of them. */
  readonly writes: ObjectCounts;
  /** The ref as this repository has it, after the last fetch. */
  readRef(ref: Ref): Promise<Oid | undefined>;
  listRefs(prefix: string): Promise<ReadonlyMap<Ref, Oid>>;
  /**
   * Brings the refs up to date from the remote and answers their new values; one that the remote lacks is undefined and the
   * local copy stays. A ref that the remote rewound is followed: the caller compares with `isAncestor` and decides. Without
   * a remote it reads them. Throws GitError `unreachable`, `not-allowed`, `too-large`, `corrupt`, `timeout`, `aborted`.
   */
  fetch(refs: readonly Ref[], options?: FetchOptions): Promise<ReadonlyMap<Ref, Oid | undefined>>;
  readCommit(oid: Oid): Promise<Commit>;
  /** One level, in Git's order. Throws GitError `missing-object`, `not-a-tree`. */
  readTree(oid: Oid): Promise<readonly TreeEntry[]>;
  /** Throws GitError `too-large` past the repository's blob limit. */
  readBlob(oid: Oid): Promise<Uint8Array>;
  /** Every file below a tree, in path order by code unit. */
  listFiles(tree: Oid): Promise<readonly TreeFile[]>;
  /** Reads only subtrees that differ. `undefined` stands for the empty tree. */
  diffTrees(before: Oid | undefined, after: Oid | undefined): Promise<readonly TreeChange[]>;
  isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean>;
  /** Newest first. */
  log(range: LogRange): Promise<readonly Commit[]>;
  /**
   * Writes the changed blobs, the trees above them and the commit; moves no ref. An unchanged tree is committed too: the
   * caller compares. A file keeps its executable bit. Throws GitError `invalid-path`, also where a file would replace a
   * folder, or the reverse, whose removal was not named.
   */
  commit(commit: NewCommit): Promise<Oid>;
  /**
   * Moves `ref` from `expect` (undefined: must not exist) to `next`, forward only. A ref that already stands at `next` is
   * `pushed`, so a push whose answer was lost can be repeated. Throws GitError `unreachable`, `not-allowed`, `timeout`.
   */
  push(
    ref: Ref,
    move: { readonly expect: Oid | undefined; readonly next: Oid },
    options?: { readonly signal?: AbortSignal },
  ): Promise<PushResult>;
}

export type GitErrorCode =
  | "git-missing"
  | "git-too-old"
  | "unreachable"
  | "not-allowed"
  | "timeout"
  | "too-large"
  | "missing-object"
  | "not-a-tree"
  | "not-a-commit"
  | "not-a-blob"
  | "corrupt"
  | "invalid-path"
  | "invalid-ref"
  | "disk-full"
  | "aborted"
  | "failed";

/** The world's failure, never a person's mistake in a document. The message names the repository and never holds a credential. */
export class GitError extends Error {
  readonly code: GitErrorCode;
  constructor(code: GitErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GitError";
    this.code = code;
  }
}
