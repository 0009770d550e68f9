/**
 * Rendered Releases to a plane's branch: one commit that writes only what differs, pushed by compare-and-swap. Any number
 * of control planes may do this at once (invariant 5): one publishes only on a tip whose specs it knows as its own past,
 * and gives up when the specs head moved meanwhile.
 */
import { createHash } from "node:crypto";
import type { Commit, Oid, Person, Repository, TreeFile } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import { type PlaneId, planeRef } from "../../schemas/layout.ts";
import type { RestoredState } from "../../schemas/recovery.ts";
import { readTrailers, writeTrailers } from "../../schemas/trailers.ts";
import { foldedCommits, nextSequence, pendingRestorations } from "./recoveries.ts";
import { judgeTip, type Refusal } from "./refusal.ts";
import { nextPlaneTree, type PlaneTree } from "./plane-tree.ts";
import type { Rendered } from "../render-specs.ts";
import { rendererVersion } from "../render/render.ts";

export type Publication =
  | {
      readonly kind: "published";
      readonly revision: Oid;
      readonly written: readonly string[];
      readonly removed: readonly string[];
      readonly kept: PlaneTree["kept"];
    }
  | { readonly kind: "unchanged"; readonly revision: Oid | undefined; readonly kept: PlaneTree["kept"] }
  /** The specs head moved on: the next reconcile publishes from there. */
  | { readonly kind: "superseded" }
  /** The branch was published from specs that are not in this revision's past, or by a newer renderer. */
  | { readonly kind: "refused"; readonly reason: string };

export type PublishContext = {
  readonly specs: Repository;
  /** Head of the specs branch, read just before the push. */
  readonly specsHead: () => Promise<Oid | undefined>;
  readonly revision: Oid;
  readonly nowSeconds: () => number;
  readonly signal: AbortSignal;
};

/** Git's own name is no person; the address is reserved for documentation and never delivered (RFC 2606). */
export const committer: Person = { name: "Gitplane", mail: "gitplane@gitplane.invalid" };

const attempts = 5;
const authorRangeLimit = 1000;

/** Throws GitError when a repository cannot be reached; nothing was changed then, or everything was. */
export async function publish(
  target: { plane: PlaneId; repository: Repository },
  rendered: Rendered,
  context: PublishContext,
): Promise<Publication> {
  const ref = planeRef(target.plane);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const fetched = await target.repository.fetch([ref], { signal: context.signal });
    const tip = fetched.get(ref);
    const parent = tip === undefined ? undefined : await target.repository.readCommit(tip);
    const head = { ...context, recoveries: rendered.recoveries };
    const standing = parent && (await judgeTip(parent, head));
    if (standing?.kind === "refused") return await refuse(standing, context);
    const restorations = await pendingRestorations({ ...target, tip: parent }, head);
    const { changes, tree } = await changesOf(target, parent, rendered);
    if (changes.size === 0 && restorations.length === 0 && standing?.kind !== "recovered")
      return { kind: "unchanged", revision: tip, kept: tree.kept };
    const next = await target.repository.commit(await describeCommit(parent, { changes, restorations }, context));
    if ((await context.specsHead()) !== context.revision) return { kind: "superseded" };
    const pushed = await target.repository.push(ref, { expect: tip, next }, { signal: context.signal });
    if (pushed.kind === "pushed") {
      const written = [...changes].filter(([, bytes]) => bytes !== null).map(([path]) => path);
      return { kind: "published", revision: next, written, removed: tree.removed, kept: tree.kept };
    }
    if (pushed.kind !== "conflict")
      return { kind: "refused", reason: pushed.kind === "rewind" ? "the branch would be rewound" : pushed.reason };
  }
  return { kind: "refused", reason: `another writer moved the branch ${attempts} times in a row` };
}

/** A tip that is ahead of this revision only because the specs moved meanwhile is nothing to tell anybody of. */
async function refuse({ reason }: Refusal, { specsHead, revision }: PublishContext): Promise<Publication> {
  return (await specsHead()) === revision ? { kind: "refused", reason } : { kind: "superseded" };
}

type Changes = ReadonlyMap<string, Uint8Array | null>;

async function changesOf(
  { plane, repository }: { plane: PlaneId; repository: Repository },
  parent: Commit | undefined,
  rendered: Rendered,
): Promise<{ readonly changes: Changes; readonly tree: PlaneTree }> {
  const present = parent === undefined ? [] : await repository.listFiles(parent.tree);
  const tree = nextPlaneTree(
    plane,
    present.map(({ path }) => path),
    rendered,
  );
  const oids = new Map(present.map((file) => [file.path, file]));
  const changes = new Map<string, Uint8Array | null>();
  for (const [path, text] of [...tree.files].toSorted(([a], [b]) => compareText(a, b))) {
    const bytes = Buffer.from(text);
    if (!isSameBlob(oids.get(path), bytes)) changes.set(path, bytes);
  }
  for (const path of tree.removed) changes.set(path, null);
  return { changes, tree };
}

/** Whether the file has exactly these bytes, by Git's blob id (git-hash-object): nothing is read. */
function isSameBlob(file: TreeFile | undefined, bytes: Uint8Array): boolean {
  if (file === undefined) return false;
  const hash = createHash(file.oid.length === 64 ? "sha256" : "sha1");
  return file.kind === "blob" && hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex") === file.oid;
}

async function describeCommit(
  parent: Commit | undefined,
  { changes, restorations }: { readonly changes: Changes; readonly restorations: readonly RestoredState[] },
  context: PublishContext,
): Promise<Parameters<Repository["commit"]>[0]> {
  const previous = parent && readTrailers(parent.trailers);
  const range = { to: context.revision, from: previous?.specsCommit, limit: authorRangeLimit };
  const commits = await foldedCommits(context.specs, range);
  const authors = [...new Set(commits.map(({ author }) => `${author.name} <${author.mail}>`))].toSorted(compareText);
  const removed = [...changes.values()].filter((bytes) => bytes === null).length;
  const [newest] = commits;
  const summary = `write ${changes.size - removed}, remove ${removed} files for specs ${context.revision.slice(0, 10)}`;
  return {
    parent: parent?.oid,
    changes,
    message: `Render: ${summary}`,
    trailers: writeTrailers({
      specsCommit: context.revision,
      specsAuthors: authors,
      ...nextSequence(previous?.sequence ?? 0, restorations),
      renderer: rendererVersion,
      reason: newest === undefined ? "rendering rules changed" : newest.subject,
    }),
    author: committer,
    committer,
    committedAtSeconds: context.nowSeconds(),
  };
}
