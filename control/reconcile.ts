/** The control pipeline: one revision of the specs to every plane's branch. Pure but for the first step and the last. */
import type { Oid, Repository } from "../git/repository.ts";
import { type PlaneId, specsRef } from "../schemas/layout.ts";
import type { Problem } from "../schemas/problem.ts";
import { load, type ParseCache } from "./load/load.ts";
import { publish, type Publication, type PublishContext } from "./publish/publish.ts";
import type { Recall } from "./recall.ts";
import { type Rendered, renderSpecs } from "./render-specs.ts";
import { listGitFiles } from "./load/specs-files.ts";

export type ReconcileContext = {
  readonly specs: Repository;
  readonly cache: ParseCache;
  readonly recall: Recall;
  /** The repository that holds the plane's branch; made when it is not there yet. */
  readonly repositoryOf: (plane: PlaneId) => Promise<Repository>;
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
};

/** Undefined while the specs branch has no commit. A plane whose repository fails delays no other. Throws GitError for the specs repository. */
export async function reconcile(context: ReconcileContext): Promise<Reconciliation | undefined> {
  const revision = await specsHead(context);
  if (revision === undefined) return undefined;
  const { tree } = await context.specs.readCommit(revision);
  const rendered = renderSpecs(await load([await listGitFiles(context.specs, tree)], context.cache), context.recall);
  const { problems, stop } = rendered;
  if (stop !== undefined) return { revision, problems, stop, planes: [] };
  const publishContext: PublishContext = { ...context, revision, specsHead: () => specsHead(context) };
  const planes = await publishAll(rendered, publishContext, context.repositoryOf);
  return { revision, problems, stop, planes };
}

/** Planes published at once: each costs a few processes and none waits for another's network. */
const concurrency = 8;

async function publishAll(
  rendered: Rendered,
  context: PublishContext,
  repositoryOf: ReconcileContext["repositoryOf"],
): Promise<readonly PlaneResult[]> {
  const results = new Map<PlaneId, PlaneResult>();
  const waiting = rendered.planes.values();
  const work = async (): Promise<void> => {
    for (const plane of waiting) {
      results.set(plane, await publishOne(plane, rendered, { context, repositoryOf }));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return rendered.planes.flatMap((plane) => results.get(plane) ?? []);
}

async function publishOne(
  plane: PlaneId,
  rendered: Rendered,
  { context, repositoryOf }: { context: PublishContext; repositoryOf: ReconcileContext["repositoryOf"] },
): Promise<PlaneResult> {
  try {
    const repository = await repositoryOf(plane);
    return { plane, publication: await publish({ plane, repository }, rendered, context) };
  } catch (error) {
    if (context.signal.aborted) throw error;
    return { plane, publication: { kind: "failed", error } };
  }
}

async function specsHead({ specs, signal }: ReconcileContext): Promise<Oid | undefined> {
  const heads = await specs.fetch([specsRef], { signal });
  return heads.get(specsRef);
}
