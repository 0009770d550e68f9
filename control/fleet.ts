/**
 * What runs where, read from Git alone: the specs for what should be, each plane's branch for what was rendered, its
 * receipts for what was done. A Release counts as applied only when a receipt names its very blob.
 */
import type { Oid, Repository, TreeFile } from "../git/repository.ts";
import { type Health, worstHealth } from "../schemas/health.ts";
import {
  parseStatePath,
  planeFile,
  type PlaneId,
  planePath,
  planeRef,
  receiptsRef,
  specsRef,
} from "../schemas/layout.ts";
import { PlaneReceipt, Receipt } from "../schemas/receipt.ts";
import { Release } from "../schemas/release.ts";
import { readStateYaml } from "../schemas/state-yaml.ts";
import { readTrailers } from "../schemas/trailers.ts";
import type { Problem } from "../schemas/problem.ts";
import { LiveSpecs } from "./engine/live-specs.ts";
import type { Rendered } from "./engine/rendered.ts";
import { imagesOf } from "./images-of.ts";
import { findLostRevision, findRefusal, type LostRevision } from "./plane-stop.ts";
import type { Refusal } from "./publish/refusal.ts";
import { decideAbsent } from "./publish/plane-tree.ts";

export type ReleaseStatus = {
  readonly plane: string;
  readonly project: string;
  readonly environment: string;
  /** Absent for a Cell. */
  readonly component?: string;
  readonly images: readonly string[];
  /** How far it got. `removing` and `held` may have left the branch and still run: the receipt says until when. */
  readonly state: "applied" | "applying" | "held" | "failed" | "waiting" | "removing";
  readonly health: Health;
  /** Why it is not applied and healthy. */
  readonly reason?: string;
};

export type PlaneStatus = {
  readonly plane: string;
  readonly revision?: Oid;
  readonly specs?: Oid;
  readonly sequence: number;
  readonly appliedRevision?: Oid;
  readonly appliedSequence: number;
  readonly agent?: string;
  readonly lastSeen?: string;
  readonly releases: number;
  readonly health: Health;
  readonly reason?: string;
};

export type Fleet = {
  readonly specs: Oid | undefined;
  readonly problems: readonly Problem[];
  readonly planes: readonly PlaneStatus[];
  readonly releases: readonly ReleaseStatus[];
};

/** What reading a fleet left behind, so that the next look costs what moved. Dropping it costs time only. */
export class FleetMemory {
  live: LiveSpecs | undefined;
  last: { readonly tips: string; readonly fleet: Fleet } | undefined;
}

/** Throws GitError when a repository cannot be reached: never shows a missing answer as an empty fleet. */
export async function readFleet(specs: Repository, state: Repository, memory = new FleetMemory()): Promise<Fleet> {
  const head = (await specs.fetch([specsRef])).get(specsRef);
  if (head === undefined) return { specs: undefined, problems: [], planes: [], releases: [] };
  memory.live ??= new LiveSpecs(specs);
  const rendered = await memory.live.move(head);
  memory.live.forgetTexts();
  const refs = await state.fetch(rendered.planes.flatMap((plane) => [planeRef(plane), receiptsRef(plane)]));
  const tips = JSON.stringify([head, ...refs]);
  if (memory.last?.tips !== tips) memory.last = { tips, fleet: await readTips({ rendered, refs, head, specs }, state) };
  return memory.last.fleet;
}

type Tips = {
  readonly rendered: Rendered;
  readonly refs: ReadonlyMap<string, Oid | undefined>;
  readonly head: Oid;
  readonly specs: Repository;
};

async function readTips({ rendered, refs, head, specs }: Tips, state: Repository): Promise<Fleet> {
  const planes: PlaneStatus[] = [];
  const releases: ReleaseStatus[] = [];
  for (const plane of rendered.planes) {
    const read = await readPlane(
      {
        plane,
        tips: { desired: refs.get(planeRef(plane)), receipts: refs.get(receiptsRef(plane)) },
        rendered,
        head,
        specs,
      },
      state,
    );
    planes.push(read.plane);
    releases.push(...read.releases);
  }
  return { specs: head, problems: rendered.problems, planes, releases };
}

type PlaneQuestion = {
  readonly plane: PlaneId;
  readonly tips: { readonly desired: Oid | undefined; readonly receipts: Oid | undefined };
  readonly rendered: Rendered;
  readonly head: Oid;
  readonly specs: Repository;
};

async function readPlane(
  question: PlaneQuestion,
  state: Repository,
): Promise<{ readonly plane: PlaneStatus; readonly releases: readonly ReleaseStatus[] }> {
  const { plane, tips, rendered, head, specs } = question;
  const name = planePath(plane);
  if (tips.desired === undefined) {
    const nothing = { plane: name, sequence: 0, appliedSequence: 0, releases: 0, health: "Unknown" as const };
    return { plane: { ...nothing, reason: rendered.stop ?? "nothing is published for it yet" }, releases: [] };
  }
  const commit = await state.readCommit(tips.desired);
  const trailers = readTrailers(commit.trailers);
  const files = await state.listFiles(commit.tree);
  const receipts =
    tips.receipts === undefined ? [] : await state.listFiles((await state.readCommit(tips.receipts)).tree);
  const agent = await readAgent(receipts, state);
  const { kept } = decideAbsent(
    plane,
    files.map(({ path }) => path),
    rendered,
  );
  const byPath = new Map(receipts.map((file) => [file.path, file]));
  const desired = new Set(files.map(({ path }) => path));
  const releases: ReleaseStatus[] = [];
  const leaving = receipts.filter(({ path }) => !desired.has(path));
  const questions = [
    ...files.map((file) => ({ path: file.path, file, receipt: byPath.get(file.path) })),
    ...leaving.map((receipt) => ({ path: receipt.path, file: undefined, receipt })),
  ];
  for (const { path, ...answers } of questions) {
    const status = await readRelease({ plane, path, ...answers, kept: kept.get(path) }, state);
    if (status !== undefined) releases.push(status);
  }
  const held = releases.filter(({ state: at }) => at === "held").length;
  const behind =
    trailers === undefined || trailers.specsCommit === head
      ? undefined
      : `rendered from specs ${trailers.specsCommit.slice(0, 10)}`;
  const refusal = await findRefusal(commit, { specs, revision: head, recoveries: rendered.recoveries });
  const lost = await findLostRevision(state, commit, agent);
  const reason =
    stopReason(refusal, lost) ??
    planeReason({ agent, sequence: trailers?.sequence ?? 0, held }) ??
    (rendered.stop === undefined ? undefined : behind);
  return {
    plane: {
      plane: name,
      revision: tips.desired,
      ...(trailers === undefined ? {} : { specs: trailers.specsCommit }),
      sequence: trailers?.sequence ?? 0,
      ...(agent?.appliedRevision === undefined ? {} : { appliedRevision: agent.appliedRevision }),
      appliedSequence: agent?.sequence ?? 0,
      ...(agent === undefined ? {} : { agent: agent.agentVersion, lastSeen: agent.lastSeen }),
      releases: releases.filter(({ component }) => component !== undefined).length,
      health: planeHealth(releases),
      ...(reason === undefined ? {} : { reason }),
    },
    releases,
  };
}

/** A component that somebody suspended does not make a plane suspended. */
function planeHealth(releases: readonly ReleaseStatus[]): Health {
  const active = releases.filter(({ health }) => health !== "Suspended");
  return worstHealth((active.length > 0 ? active : releases).map(({ health }) => health));
}

function stopReason(refusal: Refusal | undefined, lost: LostRevision | undefined): string | undefined {
  if (refusal !== undefined) return `nothing is published: ${refusal.reason}`;
  if (lost === undefined) return undefined;
  return `the branch has lost revision ${lost.applied.slice(0, 10)} (${lost.sequence}), which the agent has applied: nothing newer is applied until \`gitplane recover\``;
}

type PlaneFacts = { readonly agent: PlaneReceipt | undefined; readonly sequence: number; readonly held: number };

function planeReason({ agent, sequence, held }: PlaneFacts): string | undefined {
  if (agent === undefined) return "no agent has reported yet";
  if (agent.refused !== undefined) return `refused ${agent.refused.revision.slice(0, 10)}: ${agent.refused.reason}`;
  const behind = sequence - agent.sequence;
  if (behind > 0) return `${behind} newer ${behind === 1 ? "commit" : "commits"} not applied yet`;
  return held > 0 ? `${held} held: what would be deleted still runs until a person approves` : undefined;
}

async function readAgent(receipts: readonly TreeFile[], state: Repository): Promise<PlaneReceipt | undefined> {
  const file = receipts.find(({ path }) => path === planeFile);
  const parsed = file && PlaneReceipt.safeParse(await readYaml(file.oid, state));
  return parsed?.success === true ? parsed.data : undefined;
}

type ReleaseQuestion = {
  readonly plane: PlaneId;
  readonly path: string;
  /** Undefined for a Release that left the branch and whose objects the agent still answers for. */
  readonly file: TreeFile | undefined;
  readonly receipt: TreeFile | undefined;
  readonly kept: string | undefined;
};

async function readRelease(question: ReleaseQuestion, state: Repository): Promise<ReleaseStatus | undefined> {
  const { plane, file, receipt, kept } = question;
  const path = parseStatePath(question.path);
  if (path?.kind !== "release" && path?.kind !== "cell") return undefined;
  const release = file && Release.safeParse(await readYaml(file.oid, state));
  const done = receipt && Receipt.safeParse(await readYaml(receipt.oid, state));
  const answer = done?.success === true ? done.data : undefined;
  const at = stateOf(answer, file?.oid);
  const reason = kept ?? answer?.reason ?? pendingReason(file, at);
  return {
    plane: planePath(plane),
    project: path.project,
    environment: path.environment,
    ...(path.kind === "release" ? { component: path.component } : {}),
    images: release?.success === true ? imagesOf(release.data) : [],
    state: at,
    health: answer?.health ?? "Unknown",
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Why it is not applied and healthy where nobody gave a reason. */
function pendingReason(file: TreeFile | undefined, state: ReleaseStatus["state"]): string | undefined {
  if (file === undefined) return "no longer in the specs";
  return state === "waiting" ? "not applied yet" : undefined;
}

function stateOf(receipt: Receipt | undefined, blob: Oid | undefined): ReleaseStatus["state"] {
  if (receipt?.result === "failed") return "failed";
  if (receipt?.result === "held") return "held";
  if (blob === undefined) return "removing";
  if (receipt === undefined) return "waiting";
  return receipt.release === blob ? "applied" : "applying";
}

async function readYaml(oid: Oid, state: Repository): Promise<unknown> {
  try {
    return readStateYaml(Buffer.from(await state.readBlob(oid)).toString("utf8"));
  } catch (error) {
    if (error instanceof Error && error.name === "GitError") throw error;
    return undefined; // not YAML: shown as not reported
  }
}
