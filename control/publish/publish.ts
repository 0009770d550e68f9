/**
 * Rendered Releases to a plane's branch: one commit that writes only what differs, pushed by compare-and-swap. Any number
 * of control planes may do this at once (invariant 5): one publishes only on a tip whose specs it knows as its own past,
 * and gives up when the specs head moved meanwhile.
 */
import type { Commit, Oid, Person, Repository } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import { type PlaneId, planeRef } from "../../schemas/layout.ts";
import type { RestoredState } from "../../schemas/recovery.ts";
import { readTrailers, writeTrailers } from "../../schemas/trailers.ts";
import type { Rendered } from "../engine/rendered.ts";
import { rendererVersion } from "../render/render.ts";
import type { Changes, Comparison, PlaneBranch } from "./plane-branch.ts";
import { readServed } from "./read-served.ts";
import { readSightings } from "./read-sightings.ts";
import { foldedCommits, nextSequence, pendingRestorations } from "./recoveries.ts";
import { type Refusal } from "./refusal.ts";

export type Publication =
  | {
      readonly kind: "published";
      readonly revision: Oid;
      readonly written: readonly string[];
      readonly removed: readonly string[];
      readonly kept: Comparison["kept"];
      /** Whether something waits for what another plane's agent says: look again soon. */
      readonly isAwaiting?: true;
    }
  | {
      readonly kind: "unchanged";
      readonly revision: Oid | undefined;
      readonly kept: Comparison["kept"];
      readonly isAwaiting?: true;
    }
  /** The specs head moved on: the next reconcile publishes from there. */
  | { readonly kind: "superseded" }
  /** The branch was published from specs that are not in this revision's past, or by a newer renderer. */
  | { readonly kind: "refused"; readonly reason: string };

export type PublishContext = {
  readonly specs: Repository;
  /** Head of the specs branch, read just before the push. */
  readonly specsHead: () => Promise<Oid | undefined>;
  readonly revision: Oid;
  /** Where another plane's receipts stand. */
  readonly repositoryOf: (plane: PlaneId) => Promise<Repository>;
  readonly nowSeconds: () => number;
  readonly signal: AbortSignal;
};

/** Git's own name is no person; the address is reserved for documentation and never delivered (RFC 2606). */
export const committer: Person = { name: "Gitplane", mail: "gitplane@gitplane.invalid" };

const attempts = 5;
const authorRangeLimit = 1000;

/** Throws GitError when a repository cannot be reached; nothing was changed then, or everything was. */
export async function publish(branch: PlaneBranch, rendered: Rendered, context: PublishContext): Promise<Publication> {
  const { plane, repository } = branch;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const parent = await branch.look(context.signal);
    const head = { ...context, recoveries: rendered.recoveries };
    const standing = parent && (await branch.judge(parent, head));
    if (standing?.kind === "refused") return await refuse(standing, context);
    const restorations = await pendingRestorations({ plane, repository, tip: parent }, head);
    const { changes, kept, isAwaiting } = await branch.compare(rendered, {
      sightings: (moves) => readSightings(moves, { ...context, from: plane, rendered }),
      served: (stakes) => readServed(stakes, { ...context, rendered }),
    });
    const awaiting = isAwaiting ? { isAwaiting } : {};
    if (changes.size === 0 && restorations.length === 0 && standing?.kind !== "recovered") {
      branch.settle();
      return { kind: "unchanged", revision: parent?.oid, kept, ...awaiting };
    }
    const next = await repository.commit(await describeCommit(parent, { changes, restorations }, context));
    if ((await context.specsHead()) !== context.revision) return { kind: "superseded" };
    const move = { expect: parent?.oid, next };
    const pushed = await repository.push(planeRef(plane), move, { signal: context.signal });
    if (pushed.kind === "pushed") {
      branch.advance(await repository.readCommit(next), changes);
      return { kind: "published", revision: next, ...namesOf(changes), kept, ...awaiting };
    }
    if (pushed.kind !== "conflict")
      return { kind: "refused", reason: pushed.kind === "rewind" ? "the branch would be rewound" : pushed.reason };
  }
  return { kind: "refused", reason: `another writer moved the branch ${attempts} times in a row` };
}

function namesOf(changes: Changes): { readonly written: readonly string[]; readonly removed: readonly string[] } {
  const paths = [...changes.keys()].toSorted(compareText);
  return {
    written: paths.filter((path) => changes.get(path) !== null),
    removed: paths.filter((path) => changes.get(path) === null),
  };
}

/** A tip that is ahead of this revision only because the specs moved meanwhile is nothing to tell anybody of. */
async function refuse({ reason }: Refusal, { specsHead, revision }: PublishContext): Promise<Publication> {
  return (await specsHead()) === revision ? { kind: "refused", reason } : { kind: "superseded" };
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
