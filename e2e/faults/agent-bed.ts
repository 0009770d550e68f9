/**
 * An agent as a process between two proxies: a plane's branch that the test writes on a Git server, and a real API server,
 * where it has the rights that `gitplane-agent rbac` prints and no more.
 * What the agent did is read from the API server and its audit log, and from the receipts that arrived.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type GitServer, startGitServer } from "../../git/git-server.contract.ts";
import { openNativeRepository } from "../../git/native/open.ts";
import type { Oid, Repository } from "../../git/repository.ts";
import type { Ceiling } from "../../schemas/ceiling.ts";
import { type PlaneId, planeFile, planeKey, planePath, receiptsRef } from "../../schemas/layout.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { PlaneReceipt, Receipt } from "../../schemas/receipt.ts";
import { readStateYaml, writeStateYaml } from "../../schemas/state-yaml.ts";
import { auditOffset, type AuditedRequest, readAudit } from "../clusters/audit.ts";
import { KubeClient } from "../clusters/kube-client.ts";
import { type Kubeconfig, readKubeconfig } from "../clusters/kubeconfig.ts";
import { poll } from "../clusters/poll.ts";
import { grantAgentAccess } from "../platform/agent-access.ts";
import { nodeProgram } from "../platform/node-program.ts";
import { linesOf } from "../platform/remote-platform.ts";
import { sharedAuditLog, sharedKubeconfig } from "../platform/test-platform.ts";
import { TestProcesses } from "../platform/test-processes.ts";
import { type ApiProxy, openApiProxy } from "./api-proxy.ts";
import { type GitProxy, openGitProxy } from "./git-proxy.ts";
import { PlaneFeed } from "../platform/plane-feed.ts";

/** Nobody may see it: not in a log, not in a receipt. */
export const agentToken = "a-token-of-an-agent-that-nobody-may-see";
/** A watch that found nobody for long comes back within a minute; the rest is for a busy machine. */
const waitMs = 120_000;

export type StartAgent = {
  /** Name of the program. Default `agent`. */
  readonly name?: string;
  /** Folder of its clone. Default: one by its name. */
  readonly data?: string;
  readonly wakeUrl?: string;
  /** More of the command line. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

export type AgentBed = AsyncDisposable & {
  readonly folder: string;
  readonly plane: PlaneId;
  /** Of the plane's objects; no other test uses it. */
  readonly namespace: string;
  readonly feed: PlaneFeed;
  /** The Git server's own copy, past the network. */
  readonly repository: Repository;
  readonly repositoryPath: string;
  readonly server: GitServer;
  readonly git: GitProxy;
  readonly api: ApiProxy;
  readonly processes: TestProcesses;
  /** Of the cluster itself, past the proxy. */
  readonly cluster: KubeClient;
  readonly start: (options?: StartAgent) => Promise<void>;
  /** From now on agents find another cluster under the name that they know, and have their rights there. */
  readonly turnTo: (kubeconfigPath: string) => Promise<void>;
};

export type OpenAgentBed = {
  readonly organization: string;
  /** More of what agents may do than their default. Default: the default. */
  readonly ceiling?: Ceiling;
  /** Whether the environment heals drift. Default: yes. */
  readonly heals?: boolean;
  /** Default: the shared cluster. */
  readonly kubeconfigPath?: string;
};

export const repositoryName = "state.git";

export async function openAgentBed(options: OpenAgentBed): Promise<AgentBed> {
  const { ceiling, organization, heals = true, kubeconfigPath } = options;
  const plane: PlaneId = { kind: "data", organization, name: "main" };
  const adminKubeconfigPath = kubeconfigPath ?? sharedKubeconfig ?? "";
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "gitplane-faults-"));
  opening.defer(async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const repositoryPath = join(folder, "server", repositoryName);
  const repository = opening.use(await openNativeRepository({ path: repositoryPath, create: true }));
  const credential = { user: planeKey(plane), token: agentToken };
  const server = opening.use(await startGitServer(join(folder, "server"), credential));
  const git = opening.use(await openGitProxy(server.url));
  const powers = await writePowers(folder, ceiling);
  const grant = async (path: string): Promise<Kubeconfig> => {
    const access = { adminKubeconfigPath: path, plane, kubeconfigPath: path, folder, flags: powers };
    return readKubeconfig(await grantAgentAccess(access));
  };
  const api = opening.use(await openApiProxy(await grant(adminKubeconfigPath), folder));
  const cluster = opening.use(new KubeClient(await readKubeconfig(adminKubeconfigPath)));
  const processes = opening.use(new TestProcesses(join(folder, "logs")));
  const credentialFile = join(folder, "token");
  await writeFile(credentialFile, agentToken, { mode: 0o600 });
  const closing = opening.move();
  return {
    folder,
    plane,
    namespace: `dp-${organization}-faults`,
    feed: new PlaneFeed(repository, plane, { heals }),
    repository,
    repositoryPath,
    server,
    git,
    api,
    processes,
    cluster,
    start: async ({
      name = "agent",
      data = join(folder, "data", name),
      wakeUrl,
      flags: more = [],
      environment = {},
    } = {}) => {
      const flags = [
        ["--plane", planePath(plane)],
        ["--repository", `${git.url}/${repositoryName}`],
        ["--credential-file", credentialFile],
        ["--kubeconfig", api.kubeconfigPath],
        ["--data", data],
        ["--poll", "300ms"],
        wakeUrl === undefined ? ["--no-wake"] : ["--wake-url", wakeUrl],
        powers,
        more,
      ].flat();
      await processes.start(nodeProgram({ name, entry: "agent/main.ts", arguments: ["run", ...flags], environment }));
    },
    turnTo: async (path) => api.turnTo(await grant(path)),
    [Symbol.asyncDispose]: async () => closing.disposeAsync(),
  };
}

/** Flags of `gitplane-agent run` and `gitplane-agent rbac`. */
async function writePowers(folder: string, ceiling: Ceiling | undefined): Promise<readonly string[]> {
  if (ceiling === undefined) return [];
  const path = join(folder, "ceiling.yaml");
  await writeFile(path, writeStateYaml(ceiling));
  return ["--ceiling", path];
}

/** The plane's cell: its namespace, and nothing that could hold anything up. */
export function cellOf({ namespace }: Pick<AgentBed, "namespace">): Record<string, readonly KubernetesObject[]> {
  return { "cells/shop/dev.yaml": [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }] };
}

export function configMap({ namespace }: Pick<AgentBed, "namespace">, name: string, value = "1"): KubernetesObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { value } };
}

export const webPath = "releases/shop/dev/web.yaml";
export const apiPath = "releases/shop/dev/api.yaml";

export type Told = { readonly plane: PlaneReceipt | undefined; readonly releases: ReadonlyMap<string, Receipt> };

/** What agents told last. */
export async function readTold({ repository, plane }: Pick<AgentBed, "repository" | "plane">): Promise<Told> {
  const tip = await repository.readRef(receiptsRef(plane));
  if (tip === undefined) return { plane: undefined, releases: new Map() };
  const files = await repository.listFiles((await repository.readCommit(tip)).tree);
  const read = async (oid: Oid): Promise<unknown> =>
    readStateYaml(Buffer.from(await repository.readBlob(oid)).toString("utf8"));
  const releases = new Map<string, Receipt>();
  let own: PlaneReceipt | undefined;
  for (const { path, oid } of files) {
    if (path === planeFile) own = PlaneReceipt.parse(await read(oid));
    else releases.set(path, Receipt.parse(await read(oid)));
  }
  return { plane: own, releases };
}

/** Waits until it is so; says at a timeout what agents told and logged last. */
export async function until<T>(bed: AgentBed, what: string, probe: () => Promise<T | undefined>): Promise<T> {
  try {
    return await poll({ what, timeoutMs: waitMs, signal: new AbortController().signal, probe });
  } catch (error) {
    const logs = await Promise.all([...bed.processes.pids.keys()].map(async (name) => bed.processes.log(name)));
    const { plane, releases } = await readTold(bed);
    const { servedApis: _, ...about } = plane ?? {};
    const bad = [...releases].filter(([, { result }]) => result === "failed" || result === "held");
    const told = JSON.stringify({ about, bad });
    throw new Error(`${String(error)}\n${told}\n${logs.join("\n---\n").slice(-4000)}`, { cause: error });
  }
}

/** Waits until an agent told that it applied the branch's tip, and that nothing of it failed. */
export async function untilApplied(bed: AgentBed): Promise<Told> {
  const { tip } = bed.feed;
  return until(bed, `revision ${tip} to be applied`, async () => {
    const told = await readTold(bed);
    const isApplied = told.plane?.appliedRevision === tip && told.plane?.refused === undefined;
    return isApplied && [...told.releases.values()].every(({ result }) => result !== "failed") ? told : undefined;
  });
}

/** The `value` of a ConfigMap of the plane; undefined for one that is not there. */
export async function valueOf({ cluster, namespace }: AgentBed, name: string): Promise<string | undefined> {
  const live = (await cluster.find(`/api/v1/namespaces/${namespace}/configmaps/${name}`)) as
    | { readonly data?: { readonly value?: string } }
    | undefined;
  return live === undefined ? undefined : (live.data?.value ?? "");
}

export async function untilValue(bed: AgentBed, name: string, value: string | undefined): Promise<void> {
  const what = value === undefined ? `${name} to be gone` : `${name} to be ${value}`;
  await until(bed, what, async () => ((await valueOf(bed, name)) === value ? true : undefined));
}

/** Waits for a line in an agent's log. */
export async function untilSaid(bed: AgentBed, pattern: RegExp, name = "agent"): Promise<string> {
  return until(bed, `${name} to say ${String(pattern)}`, async () =>
    linesOf(await bed.processes.log(name), pattern).at(-1),
  );
}

/** What the API server itself says that this plane's agents did from a moment on; nothing where it keeps no audit log. */
export type Witness = {
  readonly writes: () => Promise<readonly AuditedRequest[]>;
  /** Names of what was deleted, sorted; one that was deleted twice comes twice. */
  readonly deleted: () => Promise<readonly string[]>;
  readonly expectDeleted: (names: readonly string[]) => Promise<void>;
};

const writing = new Set(["create", "update", "patch", "delete", "deletecollection"]);

export async function openWitness(bed: AgentBed, auditLogPath = sharedAuditLog): Promise<Witness> {
  const sinceBytes = auditLogPath === undefined ? 0 : await auditOffset(auditLogPath);
  const writes = async (): Promise<readonly AuditedRequest[]> => {
    if (auditLogPath === undefined) return [];
    const requests = await readAudit({ auditLogPath, sinceBytes, userAgentPrefix: "gitplane-agent" });
    const ours = requests.filter(({ userAgent }) => userAgent.includes(`(${planeKey(bed.plane)})`));
    return ours.filter(({ verb }) => writing.has(verb));
  };
  const deleted = async (): Promise<readonly string[]> => {
    const deletes = (await writes()).filter(({ verb, status }) => verb.startsWith("delete") && status < 400);
    return deletes.map(({ url }) => url.split("?")[0]?.split("/").at(-1) ?? "").toSorted();
  };
  return {
    writes,
    deleted,
    expectDeleted: async (names) => {
      if (auditLogPath !== undefined) expect(await deleted()).toEqual(names.toSorted());
    },
  };
}
