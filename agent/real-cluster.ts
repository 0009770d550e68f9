/** An agent of a plane of its own on a real cluster, and somebody else beside it: what end-to-end tests of the agent run on. */
import { randomUUID } from "node:crypto";
import type { PlaneId } from "../schemas/layout.ts";
import { planeKey } from "../schemas/layout.ts";
import { openKubernetesTarget } from "./kubernetes/kubernetes-target.ts";
import { openOther } from "./kubernetes/other-client.ts";
import { PlaneBranch, type PlaneTree } from "./plane-branch.ts";
import { type Agent, reconcile, type Reconciled } from "./reconcile.ts";
import { openTestRepository, startAgent } from "./testbed.ts";

export type RealCluster = Awaited<ReturnType<typeof openRealCluster>>;

/** Opens a plane that nothing was ever applied for, with a namespace that no other test uses; all of it goes when disposed. */
export async function openRealCluster(kubeconfig: string) {
  const id = randomUUID().slice(0, 8);
  const plane: PlaneId = { kind: "data", organization: "acme", name: `p${id}` };
  const namespace = `agent-${id}`;
  await using stack = new AsyncDisposableStack();
  const other = stack.use(await openOther(kubeconfig));
  const source = { kind: "kubeconfig", path: kubeconfig } as const;
  const target = stack.use(await openKubernetesTarget({ source, plane, agentVersion: "test" }));
  const { repository } = stack.use(await openTestRepository());
  const branch = new PlaneBranch(repository, plane);
  stack.defer(async () => {
    await other.send("delete", `/api/v1/namespaces/${namespace}`);
    await other.send("delete", `/api/v1/namespaces/gitplane-system/configmaps/gitplane-applied-${planeKey(plane)}`);
  });
  const parts = stack.move();
  return {
    plane,
    namespace,
    target,
    repository,
    branch,
    other,
    start: (): Agent => startAgent({ repository, target, plane }),
    [Symbol.asyncDispose]: async () => await parts.disposeAsync(),
  };
}

/** Publishes the tree and reconciles it; throws unless the agent did. */
export async function bring(
  { branch, start }: RealCluster,
  tree: PlaneTree,
  { agent = start(), settings = {} }: { readonly agent?: Agent; readonly settings?: object } = {},
): Promise<Reconciled> {
  const revision = await branch.publish(tree, { settings });
  const result = await reconcile(agent, revision, new AbortController().signal);
  if (result.kind !== "reconciled") throw new Error(result.reason);
  return result;
}

/** `outcome id (reason)` of every change but the unchanged, sorted. */
export function told({ changes }: Reconciled): readonly string[] {
  return changes
    .filter(({ outcome }) => outcome !== "unchanged")
    .map(({ outcome, step, reason }) => `${outcome} ${step.id}${reason === undefined ? "" : ` (${reason})`}`)
    .toSorted();
}
