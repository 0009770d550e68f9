/** A control plane and agents for one test, in a folder of their own, on the shared cluster. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBlob } from "../../git/find-entry.ts";
import { openNativeRepository } from "../../git/native/open.ts";
import type { Commit, Repository } from "../../git/repository.ts";
import { sleep } from "../../process/backoff.ts";
import { parseStatePath, type PlaneId, planeKey, planePath, planeRef, receiptsRef } from "../../schemas/layout.ts";
import { PlaneReceipt, Receipt } from "../../schemas/receipt.ts";
import { readStateYaml } from "../../schemas/state-yaml.ts";
import { KubeClient } from "../clusters/kube-client.ts";
import { readKubeconfig } from "../clusters/kubeconfig.ts";
import { poll } from "../clusters/poll.ts";
import { freePorts } from "../clusters/ports.ts";
import { startAgent } from "./agent.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { openSpecsCheckout, type SpecsCheckout } from "./specs-checkout.ts";
import { TestProcesses } from "./test-processes.ts";

export const sharedKubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"];
export const sharedAuditLog = process.env["GITPLANE_TEST_AUDIT_LOG"];

export const testAuthor = { name: "Ada Author", mail: "ada@example.test" };
const waitMs = 60_000;

export type TestPlatform = AsyncDisposable & {
  readonly folder: string;
  readonly processes: TestProcesses;
  readonly control: ControlPlane;
  readonly specs: SpecsCheckout;
  /** Client of the shared cluster. */
  readonly cluster: KubeClient;
  readonly startAgent: (
    plane: PlaneId,
    options?: {
      readonly kubeconfigPath?: string;
      /** Of another cluster than the shared one. */
      readonly adminKubeconfigPath?: string;
      readonly environment?: Readonly<Record<string, string>>;
      readonly rbacFlags?: readonly string[];
    },
  ) => Promise<void>;
  /** The plane's own repository, as the Git host has it. */
  readonly planeRepository: (plane: PlaneId) => Promise<Repository>;
};

export async function openTestPlatform(
  options: { readonly controlEnvironment?: Readonly<Record<string, string>> } = {},
): Promise<TestPlatform> {
  if (sharedKubeconfig === undefined) throw new Error("there is no shared cluster");
  const kubeconfigPath = sharedKubeconfig;
  const folder = await mkdtemp(join(tmpdir(), "gitplane-platform-"));
  const signal = AbortSignal.timeout(3_600_000);
  await using opening = new AsyncDisposableStack();
  opening.defer(async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const cluster = opening.use(new KubeClient(await readKubeconfig(kubeconfigPath)));
  const processes = opening.use(new TestProcesses(join(folder, "logs")));
  // A fixed port, so that a control plane that was killed comes back where the agents look for it.
  const [port = 0] = await freePorts(1);
  const control = await startControlPlane({
    group: processes,
    dataDir: join(folder, "control"),
    port,
    signal,
    environment: options.controlEnvironment ?? {},
  });
  const specs = await openSpecsCheckout({ control, folder: join(folder, "specs"), author: testAuthor, signal });
  const repositories = new Map<string, Repository>();
  opening.defer(async () => {
    for (const repository of repositories.values()) await repository[Symbol.asyncDispose]();
  });
  const closing = opening.move();
  return {
    folder,
    processes,
    control,
    specs,
    cluster,
    startAgent: async (plane, given = {}) =>
      startAgent({
        group: processes,
        control,
        plane,
        adminKubeconfigPath: given.adminKubeconfigPath ?? kubeconfigPath,
        kubeconfigPath: given.kubeconfigPath ?? kubeconfigPath,
        dataDir: join(folder, "agents"),
        signal,
        environment: given.environment ?? {},
        rbacFlags: given.rbacFlags ?? [],
      }),
    planeRepository: async (plane) => {
      const path = join(folder, "control", "repositories", "planes", `${planePath(plane)}.git`);
      const known = repositories.get(path) ?? (await openNativeRepository({ path }));
      repositories.set(path, known);
      return known;
    },
    [Symbol.asyncDispose]: async () => closing.disposeAsync(),
  };
}

/** The tip of the plane's branch, once its specs are these. */
export async function waitForStateCommit(platform: TestPlatform, plane: PlaneId, specs: string): Promise<Commit> {
  const repository = await platform.planeRepository(plane);
  return poll({
    what: `the state commit of ${planeKey(plane)} for specs ${specs}`,
    timeoutMs: waitMs,
    signal: new AbortController().signal,
    probe: async () => {
      const tip = await repository.readRef(planeRef(plane));
      const commit = tip === undefined ? undefined : await repository.readCommit(tip);
      return commit?.trailers.some(([key, value]) => key === "Specs-Commit" && value === specs) === true
        ? commit
        : undefined;
    },
  });
}

/** A file of a plane's repository as data; undefined where there is none. `at` is a ref or a commit. */
export async function readStateFile(
  platform: TestPlatform,
  plane: PlaneId,
  { at, path }: { readonly at: string; readonly path: string },
): Promise<unknown> {
  const repository = await platform.planeRepository(plane);
  const commit = at.startsWith("refs/") ? await repository.readRef(at) : at;
  if (commit === undefined) return undefined;
  const blob = await findBlob(repository, (await repository.readCommit(commit)).tree, path);
  return blob && readStateYaml(Buffer.from(await repository.readBlob(blob)).toString("utf8"));
}

/** Receipts by path and the agent's own, as the agent last pushed them. */
export async function readReceipts(
  platform: TestPlatform,
  plane: PlaneId,
): Promise<{ readonly plane: PlaneReceipt | undefined; readonly releases: ReadonlyMap<string, Receipt> }> {
  const repository = await platform.planeRepository(plane);
  const tip = await repository.readRef(receiptsRef(plane));
  if (tip === undefined) return { plane: undefined, releases: new Map() };
  const files = await repository.listFiles((await repository.readCommit(tip)).tree);
  const read = async (oid: string): Promise<unknown> =>
    readStateYaml(Buffer.from(await repository.readBlob(oid)).toString("utf8"));
  const releases = new Map<string, Receipt>();
  let own: PlaneReceipt | undefined;
  for (const { path, oid } of files) {
    if (path === "plane.yaml") own = PlaneReceipt.parse(await read(oid));
    else releases.set(path, Receipt.parse(await read(oid)));
  }
  return { plane: own, releases };
}

/** The receipt of a Release, once it is so. */
export async function waitForReceipt(
  platform: TestPlatform,
  plane: PlaneId,
  { path, is }: { readonly path: string; readonly is: (receipt: Receipt) => boolean },
): Promise<Receipt> {
  let last: Receipt | undefined;
  try {
    return await poll({
      what: `a receipt of ${path}`,
      timeoutMs: waitMs,
      signal: new AbortController().signal,
      probe: async () => {
        last = (await readReceipts(platform, plane)).releases.get(path);
        return last !== undefined && is(last) ? last : undefined;
      },
    });
  } catch (error) {
    throw new Error(`${String(error)}\n${JSON.stringify(last)}`, { cause: error });
  }
}

/** Waits until the agent has applied the plane's tip and every receipt says Healthy (or what `accept` says). */
export async function waitUntilApplied(
  platform: TestPlatform,
  plane: PlaneId,
  accept: (receipt: Receipt, path: string) => boolean = isHealthy,
): Promise<ReadonlyMap<string, Receipt>> {
  const repository = await platform.planeRepository(plane);
  let last = "";
  try {
    return await poll({
      what: `${planeKey(plane)} to be applied and healthy`,
      timeoutMs: waitMs,
      signal: new AbortController().signal,
      probe: async () => {
        const tip = await repository.readRef(planeRef(plane));
        const receipts = await readReceipts(platform, plane);
        last = JSON.stringify({
          tip,
          plane: receipts.plane,
          releases: [...receipts.releases].filter(([path, receipt]) => !accept(receipt, path)),
        });
        if (tip === undefined || receipts.plane?.appliedRevision !== tip) return undefined;
        const wanted = await releaseBlobs(repository, tip);
        const done =
          wanted.size === receipts.releases.size &&
          [...wanted].every(([path, oid]) => receipts.releases.get(path)?.release === oid);
        return done && [...receipts.releases].every(([path, receipt]) => accept(receipt, path))
          ? receipts.releases
          : undefined;
      },
    });
  } catch (error) {
    const logs = await platform.processes.log(`agent-${planeKey(plane)}`).catch(() => "");
    throw new Error(`${String(error)}\n${last}\n${logs.slice(-3000)}`, { cause: error });
  }
}

/** After the last receipt nothing of a round is left but what its last call was waited for with. */
const quietMs = 1000;

/**
 * Whether a program dies before its round is over: these specs rendered, applied, healthy and reported, and then quiet for a
 * moment. No clock decides, because a busy machine would pass the calls that it did not come to for survived.
 */
export async function diesInRound(
  platform: TestPlatform,
  program: string,
  { plane, specs }: { readonly plane: PlaneId; readonly specs: string },
): Promise<boolean> {
  const survives = async (): Promise<false> => {
    await waitForStateCommit(platform, plane, specs);
    await waitUntilApplied(platform, plane);
    await sleep(quietMs);
    return false;
  };
  const survived = survives();
  // Of a program that died this is over with the round that its next life brings to an end.
  survived.catch(() => undefined);
  return Promise.race([platform.processes.exited(program).then(() => true), survived]);
}

export function isHealthy(receipt: Receipt, path: string): boolean {
  return receipt.result !== "failed" && (receipt.health === "Healthy" || path.startsWith("cells/"));
}

async function releaseBlobs(repository: Repository, tip: string): Promise<ReadonlyMap<string, string>> {
  const files = await repository.listFiles((await repository.readCommit(tip)).tree);
  return new Map(files.filter(({ path }) => parseStatePath(path) !== undefined).map(({ path, oid }) => [path, oid]));
}
