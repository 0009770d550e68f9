/** An agent on parts that live in one process and one folder: what unit tests run the pipeline on. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NativeRepository, openNativeRepository } from "../git/native/open.ts";
import type { Repository } from "../git/repository.ts";
import { openLog } from "../process/log.ts";
import type { Ceiling } from "../schemas/ceiling.ts";
import { type PlaneId, planeRef } from "../schemas/layout.ts";
import { Inventory } from "./inventory.ts";
import { Memory } from "./memory.ts";
import { standInRecord } from "./receipts.ts";
import { type Agent, reconcile, type Reconciled, type Stuck } from "./reconcile.ts";
import type { Refused } from "./fetch.ts";
import { RecordKeeper } from "./record.ts";
import { Slots } from "./slots.ts";
import type { Target } from "./target.ts";

export const testPlane: PlaneId = { kind: "data", organization: "acme", name: "east" };

/** A fresh bare repository in a folder of its own, removed when disposed. */
export async function openTestRepository(): Promise<{ repository: NativeRepository } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "gitplane-agent-"));
  const repository = await openNativeRepository({ path: join(folder, "state.git"), create: true });
  return {
    repository,
    [Symbol.asyncDispose]: async () => {
      await repository[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const noCeiling: Ceiling = { format: 1, namespaces: ["*"], kinds: ["*"], clusterKinds: ["*"] };

export type Parts = {
  readonly repository: Repository;
  readonly target: Target;
  readonly signal?: AbortSignal;
  readonly lines?: string[];
  readonly concurrency?: number;
  /** Default: everything. */
  readonly ceiling?: Ceiling;
  /** Default testPlane. */
  readonly plane?: PlaneId;
};

/** An agent as a process that has just started: it remembers nothing. */
export function startAgent(parts: Parts): Agent {
  const { repository, target, signal, lines, concurrency = 16, plane = testPlane, ceiling = noCeiling } = parts;
  const write = (line: string): void => void lines?.push((JSON.parse(line) as { message: string }).message);
  return {
    plane,
    ceiling,
    repository,
    inventory: new Inventory(),
    standing: { unsettled: new Set() },
    memory: new Memory(new RecordKeeper(target, (uid) => standInRecord(repository, plane, uid))),
    applier: {
      target,
      plane,
      slots: new Slots(concurrency),
      log: openLog({ level: lines === undefined ? "silent" : "info", pretty: false, write }),
      definitionWaitMs: 1000,
      deletionWaitMs: 0,
      signal: signal ?? new AbortController().signal,
      backoff: { baseMs: 1, capMs: 2 },
      retries: 2,
      random: () => 0.5,
    },
  };
}

/** Reconciles the tip of the plane's branch. */
export async function reconcileTip(agent: Agent): Promise<Reconciled | Refused | Stuck> {
  const tip = await agent.repository.readRef(planeRef(testPlane));
  if (tip === undefined) throw new Error("the plane has no branch");
  return await reconcile(agent, tip, new AbortController().signal);
}
