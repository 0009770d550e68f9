/**
 * A plane whose branch a test writes itself, with an agent of its own on the shared cluster: for what no specs render, such as
 * definitions and claims of storage. What the agent deleted is told by the API server's audit log.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNativeRepository } from "../../git/native/open.ts";
import type { NativeRepository } from "../../git/native/open.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import { carriedApprovalPath } from "../../schemas/approval.ts";
import type { Ceiling } from "../../schemas/ceiling.ts";
import type { Hold } from "../../schemas/hold.ts";
import { planeFile, type PlaneId, planeKey, planePath, planeRef, receiptsRef } from "../../schemas/layout.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import type { PlaneSettings } from "../../schemas/plane-settings.ts";
import { PlaneReceipt, Receipt } from "../../schemas/receipt.ts";
import { readStateYaml, writeStateYaml } from "../../schemas/state-yaml.ts";
import { auditOffset, readAudit } from "../clusters/audit.ts";
import { KubeClient } from "../clusters/kube-client.ts";
import { readKubeconfig } from "../clusters/kubeconfig.ts";
import { poll } from "../clusters/poll.ts";
import { nodeProgram } from "./node-program.ts";
import { PlaneFeed } from "./plane-feed.ts";
import { sharedAuditLog, sharedKubeconfig } from "./test-platform.ts";
import { TestProcesses } from "./test-processes.ts";

/** Objects by the path of their Release. */
export type FedTree = Readonly<Record<string, readonly KubernetesObject[]>>;

export type Reported = { readonly plane: PlaneReceipt; readonly releases: ReadonlyMap<string, Receipt> };

const agentName = "agent";
const waitMs = 60_000;

export class FedPlane implements AsyncDisposable {
  readonly plane: PlaneId;
  readonly cluster: KubeClient;
  readonly processes: TestProcesses;
  readonly #state: NativeRepository;
  readonly #feed: PlaneFeed;
  readonly #auditedFrom: number;
  readonly #parts: AsyncDisposable;
  #approvals: Readonly<Record<string, string>> = {};
  #settings: Partial<PlaneSettings> = {};

  private constructor(
    plane: PlaneId,
    parts: Pick<FedPlane, "cluster" | "processes"> & {
      readonly state: NativeRepository;
      readonly auditedFrom: number;
      readonly closing: AsyncDisposable;
    },
  ) {
    this.plane = plane;
    this.cluster = parts.cluster;
    this.processes = parts.processes;
    this.#state = parts.state;
    this.#feed = new PlaneFeed(parts.state, plane, { heals: true });
    this.#auditedFrom = parts.auditedFrom;
    this.#parts = parts.closing;
  }

  /** `organization` is the test's own. */
  static async open(organization: string): Promise<FedPlane> {
    if (sharedKubeconfig === undefined) throw new Error("there is no shared cluster");
    await using opening = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "gitplane-fed-"));
    opening.defer(async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const cluster = opening.use(new KubeClient(await readKubeconfig(sharedKubeconfig)));
    const path = join(folder, "state.git");
    const state = opening.use(await openNativeRepository({ path, create: true }));
    const processes = opening.use(new TestProcesses(join(folder, "logs")));
    const plane: PlaneId = { kind: "data", organization, name: "main" };
    const auditedFrom = sharedAuditLog === undefined ? 0 : await auditOffset(sharedAuditLog);
    // Of any kind: what no class brings is what these tests are about.
    const ceilingFile = join(folder, "ceiling.yaml");
    const ceiling: Ceiling = { format: 1, namespaces: ["*"], kinds: ["*"], clusterKinds: ["*"] };
    await writeFile(ceilingFile, writeStateYaml(ceiling));
    const flags = [
      ["--plane", planePath(plane)],
      ["--repository", path],
      ["--kubeconfig", sharedKubeconfig],
      ["--data", join(folder, "agent")],
      ["--poll", "200ms"],
      ["--ceiling", ceilingFile],
    ];
    await processes.start(
      nodeProgram({ name: agentName, entry: "agent/main.ts", arguments: ["run", "--no-wake", ...flags.flat()] }),
    );
    return new FedPlane(plane, { cluster, processes, state, auditedFrom, closing: opening.move() });
  }

  /** From now on published with every tree. */
  set(settings: Partial<PlaneSettings>): void {
    this.#settings = settings;
  }

  /** What a person's `gitplane approve` and the control plane put into the next tree. */
  approve(holds: readonly Hold[]): void {
    const files = holds.map(({ hash, steps }) => [
      carriedApprovalPath(hash),
      writeStateYaml({ apiVersion, kind: "Approval", plane: planePath(this.plane), steps }),
    ]);
    this.#approvals = { ...this.#approvals, ...(Object.fromEntries(files) as Record<string, string>) };
  }

  /** Publishes the whole tree, and waits until its agent has brought it to an end and said so. */
  async bring(tree: FedTree): Promise<Reported> {
    await this.publish(tree);
    return await this.reported(() => true);
  }

  async publish(tree: FedTree): Promise<void> {
    const before = this.#feed.tip;
    const next = await this.#feed.commit({ ...this.#approvals, ...tree }, { settings: this.#settings });
    const pushed = await this.#state.push(planeRef(this.plane), { expect: before, next });
    if (pushed.kind !== "pushed") throw new Error(`the plane's branch did not move: ${pushed.kind}`);
  }

  /** What the agent says of the tip, as soon as that is as wanted. */
  async reported(accept: (reported: Reported) => boolean): Promise<Reported> {
    let last: unknown;
    try {
      return await poll({
        what: `the receipts of ${planeKey(this.plane)}`,
        timeoutMs: waitMs,
        signal: new AbortController().signal,
        probe: async () => {
          const reported = await this.#readReceipts();
          last = reported && { plane: reported.plane, releases: [...reported.releases] };
          const isOfTip = reported?.plane.appliedRevision === this.#feed.tip;
          return reported !== undefined && isOfTip && accept(reported) ? reported : undefined;
        },
      });
    } catch (error) {
      const log = await this.processes.log(agentName).catch(() => "");
      throw new Error(`${String(error)}\n${JSON.stringify(last)}\n${log.slice(-3000)}`, { cause: error });
    }
  }

  async log(): Promise<string> {
    return await this.processes.log(agentName);
  }

  /** As after a crash, with its clone. */
  async restart(): Promise<void> {
    await this.processes.startAgain(agentName);
  }

  /** Ids and times of what its agent asked the API server to delete, as `<plural>/<name>` in order of the requests. */
  async deletes(): Promise<readonly string[]> {
    const requests = await readAudit({
      auditLogPath: sharedAuditLog ?? "",
      sinceBytes: this.#auditedFrom,
      userAgentPrefix: "gitplane-agent",
      verb: "delete",
    });
    return requests
      .filter(({ userAgent }) => userAgent.includes(planeKey(this.plane)))
      .map(({ url }) => (url.split("?")[0] ?? "").split("/").slice(-2).join("/"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }

  async #readReceipts(): Promise<Reported | undefined> {
    const tip = await this.#state.readRef(receiptsRef(this.plane));
    if (tip === undefined) return undefined;
    const releases = new Map<string, Receipt>();
    let own: PlaneReceipt | undefined;
    for (const { path, oid } of await this.#state.listFiles((await this.#state.readCommit(tip)).tree)) {
      const value = readStateYaml(Buffer.from(await this.#state.readBlob(oid)).toString("utf8"));
      if (path === planeFile) own = PlaneReceipt.parse(value);
      else releases.set(path, Receipt.parse(value));
    }
    return own === undefined ? undefined : { plane: own, releases };
  }
}
