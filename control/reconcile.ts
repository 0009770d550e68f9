/** The control pipeline: one revision of the specs to every plane's branch. Pure but for the first step and the last. */
import type { Oid, Repository } from "../git/repository.ts";
import { type PlaneId, specsRef } from "../schemas/layout.ts";
import type { Problem } from "../schemas/problem.ts";
import { load, type ParseCache } from "./load.ts";
import { publish, type Publication } from "./publish.ts";
import { renderSpecs } from "./render-specs.ts";
import { listGitFiles } from "./specs-files.ts";

export type ReconcileContext = {
  readonly specs: Repository;
  readonly cache: ParseCache;
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
  const rendered = renderSpecs(await load(await listGitFiles(context.specs, tree), context.cache));
  const { problems, stop } = rendered;
  if (stop !== undefined) return { revision, problems, stop, planes: [] };
  const publishContext = { ...context, revision, specsHead: () => specsHead(context) };
  const planes = await Promise.all(
    rendered.planes.map(async (plane): Promise<PlaneResult> => {
      try {
        return {
          plane,
          publication: await publish(
            { plane, repository: await context.repositoryOf(plane) },
            rendered,
            publishContext,
          ),
        };
      } catch (error) {
        if (context.signal.aborted) throw error;
        return { plane, publication: { kind: "failed", error } };
      }
    }),
  );
  return { revision, problems, stop, planes };
}

async function specsHead({ specs, signal }: ReconcileContext): Promise<Oid | undefined> {
  const heads = await specs.fetch([specsRef], { signal });
  return heads.get(specsRef);
}
