/** The control pipeline: one revision of the specs to every plane's branch. Pure but for the first step and the last. */
import type { Oid, Repository } from "../git/repository.ts";
import { type PlaneId, specsRef } from "../schemas/layout.ts";
import type { Problem } from "../schemas/problem.ts";
import type { LiveSpecs } from "./engine/live-specs.ts";
import type { Rendered } from "./engine/rendered.ts";
import { commitEdits, type MachineCommit, type MachineCommitMode } from "./machine-commit/commit-edits.ts";
import type { PlaneBranches } from "./publish/plane-branch.ts";
import { publish, type Publication, type PublishContext } from "./publish/publish.ts";
import { type RoundCounts, startCounting } from "./round-counts.ts";

export type ReconcileContext = {
  readonly specs: Repository;
  /** Of the same repository. */
  readonly live: LiveSpecs;
  readonly branches: PlaneBranches;
  /** Called as soon as a plane's branch has moved. */
  readonly onPublished: (plane: PlaneId, revision: Oid) => void;
  /** The revision that auto-deploy has nothing more to say to, whatever came of it. */
  readonly settled: { revision?: Oid };
  /** Where auto-deploy's commits go. */
  readonly machineCommits: MachineCommitMode;
  readonly nowSeconds: () => number;
  readonly signal: AbortSignal;
};

export type PlaneResult = {
  readonly plane: PlaneId;
  readonly publication: Publication | { readonly kind: "failed"; readonly error: unknown };
};

export type Reconciliation = {
  readonly revision: Oid;
  readonly problems: readonly Problem[];
  /** Why nothing at all was published. */
  readonly stop: string | undefined;
  readonly planes: readonly PlaneResult[];
  /** What auto-deploy committed to the specs, and what it may not write. */
  readonly deployed: (MachineCommit & { readonly problems: readonly Problem[] }) | undefined;
  readonly counts: RoundCounts;
};

/** Undefined while the specs branch has no commit. A plane whose repository fails delays no other. Throws GitError for the specs repository. */
export async function reconcile(context: ReconcileContext): Promise<Reconciliation | undefined> {
  const revision = await specsHead(context);
  if (revision === undefined) return undefined;
  const count = startCounting(context);
  const rendered = await context.live.move(revision);
  context.branches.note(rendered);
  const { problems, stop } = rendered;
  if (stop !== undefined) return { revision, problems, stop, planes: [], deployed: undefined, counts: count([]) };
  const { branches } = context;
  const planes = await publishAll(rendered, {
    ...context,
    revision,
    specsHead: () => specsHead(context),
    repositoryOf: async (plane) => (await branches.of(plane)).repository,
  });
  context.live.forgetTexts();
  const counts = count(planes);
  const isPublished = planes.every(({ publication: { kind } }) => kind === "published" || kind === "unchanged");
  const deployed = isPublished ? await commitDeployed(context, revision) : undefined;
  return { revision, problems, stop, planes, deployed, counts };
}

/** After the state of every plane, which is the same with and without it. Once for a revision, unless it was overtaken. */
async function commitDeployed(context: ReconcileContext, revision: Oid): Promise<Reconciliation["deployed"]> {
  const { specs, live, machineCommits: mode, settled, nowSeconds, signal } = context;
  if (mode === "off" || settled.revision === revision) return undefined;
  const { edits, problems } = live.outdated();
  const deployed = await commitEdits({ specs, revision, edits, cause: revision, mode, nowSeconds, signal });
  if (deployed.kind !== "overtaken") settled.revision = revision;
  return { ...deployed, problems };
}

/** Planes published at once: each costs a few processes and none waits for another's network. */
const concurrency = 8;

type PublishAllContext = PublishContext & Pick<ReconcileContext, "branches" | "onPublished">;

async function publishAll(rendered: Rendered, context: PublishAllContext): Promise<readonly PlaneResult[]> {
  const results = new Map<PlaneId, PlaneResult>();
  const waiting = rendered.planes.values();
  const work = async (): Promise<void> => {
    for (const plane of waiting) results.set(plane, await publishOne(plane, rendered, context));
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return rendered.planes.flatMap((plane) => results.get(plane) ?? []);
}

async function publishOne(plane: PlaneId, rendered: Rendered, context: PublishAllContext): Promise<PlaneResult> {
  try {
    const publication = await publish(await context.branches.of(plane), rendered, context);
    if (publication.kind === "published") context.onPublished(plane, publication.revision);
    return { plane, publication };
  } catch (error) {
    if (context.signal.aborted) throw error;
    return { plane, publication: { kind: "failed", error } };
  }
}

async function specsHead({ specs, signal }: ReconcileContext): Promise<Oid | undefined> {
  const heads = await specs.fetch([specsRef], { signal });
  return heads.get(specsRef);
}
