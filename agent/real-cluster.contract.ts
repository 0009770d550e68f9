/** An agent of a plane of its own on a real cluster, and somebody else beside it: what end-to-end tests of the agent run on. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NativeRepository, openNativeRepository } from "../git/native/open.ts";
import { openLog } from "../process/log.ts";
import type { PlaneId } from "../schemas/layout.ts";
import { planeKey } from "../schemas/layout.ts";
import { openKubernetesTarget } from "./kubernetes/kubernetes-target.ts";
import { openOther } from "./kubernetes/other-client.contract.ts";
import { PlaneBranch, type PlaneTree } from "./plane-branch.ts";
import { type Agent, reconcile, type Reconciled } from "./reconcile.ts";
import { readReceipts, type Receipts } from "./receipts.ts";
import { runAgent } from "./run.ts";
import type { RunOptions } from "./running.ts";
import type { Target } from "./target.ts";
import { startAgent } from "./testbed.ts";

export type Life = {
  /** The messages that it logged. */
  readonly lines: readonly string[];
  /** All that it logged, as it was written. */
  readonly written: readonly string[];
  stop(): Promise<void>;
};

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
  const folder = await mkdtemp(join(tmpdir(), "gitplane-cluster-"));
  stack.defer(async () => await rm(folder, { recursive: true, force: true }));
  const url = join(folder, "host.git");
  const repository = stack.use(await openNativeRepository({ path: url, create: true }));
  const lives = new Lives();
  stack.use(lives);
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
    /** The repository that agents fetch from. */
    url,
    repository,
    branch,
    other,
    lives,
    /** An agent as it runs, with a clone that outlives it. */
    run: async (options: RunPace = {}): Promise<Life> =>
      await lives.begin({
        clone: await openNativeRepository({ path: join(folder, "clone.git"), create: true, remote: { url } }),
        target,
        plane,
        ...options,
      }),
    start: (): Agent => startAgent({ repository, target, plane }),
    [Symbol.asyncDispose]: async () => await parts.disposeAsync(),
  };
}

/** How often it looks at its branch and reports. Default: as often as a test wants to see something. */
type RunPace = { readonly pollMs?: number; readonly pace?: RunOptions["pace"] };
type Parts = RunPace & { readonly clone: NativeRepository; readonly target: Target; readonly plane: PlaneId };

const hasty = { gatherMs: 5, shortestGapMs: 10 };

/** Agents that run, each until it is stopped or all of them are. */
class Lives implements AsyncDisposable {
  readonly #lives = new Set<Life>();

  /** What the living ones logged. */
  get lines(): readonly string[] {
    return [...this.#lives].flatMap(({ lines }) => lines);
  }

  async begin({ clone, target, plane, pollMs = 50, pace = hasty }: Parts): Promise<Life> {
    const controller = new AbortController();
    const lines: string[] = [];
    const written: string[] = [];
    const write = (line: string): void => {
      written.push(line);
      lines.push((JSON.parse(line) as { message: string }).message);
    };
    const running = runAgent({
      agent: startAgent({ repository: clone, target, plane, signal: controller.signal }),
      agentVersion: "test",
      instance: randomUUID(),
      log: openLog({ level: "info", pretty: false, write }),
      now: () => new Date(),
      random: () => 0.5,
      pollMs,
      wake: undefined,
      pace,
    });
    const stop = async (): Promise<void> => {
      if (!this.#lives.delete(life)) return;
      controller.abort();
      await running;
      await clone[Symbol.asyncDispose]();
    };
    const life: Life = { lines, written, stop };
    this.#lives.add(life);
    return life;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const life of this.#lives) await life.stop();
  }
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

/** What the agent that runs reported, once it is as wanted; throws after a minute, with what it logged. */
export async function reported(cluster: RealCluster, is: (receipts: Receipts) => boolean): Promise<Receipts> {
  const { repository, plane, lives } = cluster;
  for (const started = performance.now(); ;) {
    const receipts = await readReceipts(repository, plane);
    if (is(receipts)) return receipts;
    if (performance.now() - started > 60_000) throw new Error(`not so after a minute: ${lives.lines.join("; ")}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** `outcome id (reason)` of every change but the unchanged, sorted. */
export function told({ changes }: Reconciled): readonly string[] {
  return changes
    .filter(({ outcome }) => outcome !== "unchanged")
    .map(({ outcome, step, reason }) => `${outcome} ${step.id}${reason === undefined ? "" : ` (${reason})`}`)
    .toSorted();
}
