/** One plane: its branch against what the specs render to and against what its agent reported. */
import { formatOf } from "../../git/object-id.ts";
import type { Commit, Oid, Repository, TreeFile } from "../../git/repository.ts";
import { Admissions, admissionsFile } from "../../schemas/admissions.ts";
import { parseStatePath, planeFile, type PlaneId, planePath, type StatePath } from "../../schemas/layout.ts";
import { PlaneReceipt } from "../../schemas/receipt.ts";
import { readTrailers, type StateTrailers } from "../../schemas/trailers.ts";
import { findLostRevision, findRefusal, stopText } from "../plane-stop.ts";
import { callerText } from "../publish/leaving-callers.ts";
import { awaitedText, type Moves } from "../publish/moves.ts";
import { carriedApprovals, decideAbsent, gatewaysPath, noFacts } from "../publish/plane-tree.ts";
import { leavingText, releasesToStand, type Served, servedOf } from "../publish/served-guests.ts";
import { rendererVersion } from "../render/render.ts";
import type { PlacedRelease } from "../engine/placed-release.ts";
import type { Rendered } from "../engine/rendered.ts";
import { behindText, type Progress, whyBehind } from "./behind.ts";
import { type BlobFacts, readYaml } from "./facts.ts";
import type { PlaneStatus } from "./fleet.ts";
import { holdStatuses } from "./hold-rows.ts";
import { planeHealth } from "./plane-health.ts";
import type { ReceiptFacts } from "./receipt-facts.ts";
import { type InCell, isShown, type OfPlatform, type ReleaseState, type ReleaseStatus } from "./release-status.ts";
import type { Unrendered } from "./unrendered.ts";

export type PlaneQuestion = {
  readonly plane: PlaneId;
  readonly tips: { readonly desired: Oid | undefined; readonly receipts: Oid | undefined };
  readonly rendered: Rendered;
  readonly unrendered: Unrendered;
  readonly head: Oid;
  readonly facts: BlobFacts;
  readonly specs: Repository;
};

export type PlaneAnswer = { readonly plane: PlaneStatus; readonly releases: readonly ReleaseStatus[] };

/** Throws GitError when something cannot be read. */
export async function readPlane(question: PlaneQuestion, state: Repository): Promise<PlaneAnswer> {
  const branch = await readBranch(question, state);
  const receipts = await readReceipts(question.tips.receipts, state);
  const stop = await whyStopped(question, branch.commit, { state, agent: receipts.agent });
  const sight: Sight = { question, branch, stop, agent: receipts.agent, ...judgeBranch(question, branch) };
  const paths = new Set([...branch.files.keys(), ...receipts.files.keys(), ...sight.unpublished]);
  const read = await Promise.all(
    [...paths].map((path) =>
      readRelease({ path, file: branch.files.get(path), receipt: receipts.files.get(path) }, sight, state),
    ),
  );
  const releases = read.filter((release) => release !== undefined);
  return { plane: planeStatus(sight, releases), releases };
}

type Branch = {
  readonly commit: Commit | undefined;
  readonly trailers: StateTrailers | undefined;
  readonly files: ReadonlyMap<string, TreeFile>;
  readonly admissions: Admissions | undefined;
  /** As its admissions have it. */
  readonly served: Served;
};

async function readBranch({ tips }: PlaneQuestion, state: Repository): Promise<Branch> {
  if (tips.desired === undefined)
    return { commit: undefined, trailers: undefined, files: new Map(), admissions: undefined, served: new Map() };
  const commit = await state.readCommit(tips.desired);
  const listed = await state.listFiles(commit.tree);
  const files = new Map(listed.map((file) => [file.path, file]));
  const noted = files.get(admissionsFile);
  const admissions = noted && Admissions.safeParse(await readYaml(noted.oid, state)).data;
  return { commit, trailers: readTrailers(commit.trailers), files, admissions, served: servedOf(admissions) };
}

type Receipts = { readonly files: ReadonlyMap<string, TreeFile>; readonly agent: PlaneReceipt | undefined };

async function readReceipts(tip: Oid | undefined, state: Repository): Promise<Receipts> {
  if (tip === undefined) return { files: new Map(), agent: undefined };
  const listed = await state.listFiles((await state.readCommit(tip)).tree);
  const files = new Map(listed.map((file) => [file.path, file]));
  const about = files.get(planeFile);
  const parsed = about && PlaneReceipt.safeParse(await readYaml(about.oid, state));
  return { files, agent: parsed?.data };
}

type Sight = {
  readonly question: PlaneQuestion;
  readonly branch: Branch;
  readonly agent: PlaneReceipt | undefined;
  /** Why nothing goes on until a person recovers it. */
  readonly stop: string | undefined;
  /** What is rendered for this plane, by path. */
  readonly renderedByPath: ReadonlyMap<string, PlacedRelease>;
  /** Whose bytes in the branch are known to be what is rendered. */
  readonly sure: ReadonlySet<string>;
  /** What the branch has not, or has otherwise than it is rendered. */
  readonly unpublished: ReadonlySet<string>;
  readonly kept: ReadonlyMap<string, string>;
  /** What is rendered for another plane now, and stays here until it is healthy there. */
  readonly moves: Moves;
};

async function whyStopped(
  { specs, head, rendered }: PlaneQuestion,
  tip: Commit | undefined,
  { state, agent }: { readonly state: Repository; readonly agent: PlaneReceipt | undefined },
): Promise<string | undefined> {
  if (tip === undefined) return undefined;
  const refusal = await findRefusal(tip, { specs, revision: head, recoveries: rendered.recoveries });
  return stopText(refusal, await findLostRevision(state, tip, agent));
}

/** A commit of the specs that changes nothing here leaves the branch alone, so only the bytes tell whether it is behind. */
function judgeBranch(
  { plane, rendered, head }: PlaneQuestion,
  { trailers, files, served }: Branch,
): Pick<Sight, "renderedByPath" | "sure" | "unpublished" | "kept" | "moves"> {
  const renderedByPath = releasesToStand(plane, rendered, served);
  const own = [...renderedByPath.values()];
  const facts = { ...noFacts, served };
  const { kept: absent, removed, moves, hosts } = decideAbsent(plane, [...files.keys()], { rendered, facts });
  const gateways = files.get(gatewaysPath);
  const isHeld =
    gateways !== undefined && renderedByPath.get(gatewaysPath)?.blobId(formatOf(gateways.oid)) !== gateways.oid;
  const kept = hosts !== undefined && isHeld ? new Map([...absent, [gatewaysPath, hosts]]) : absent;
  const isSameRenderer = trailers === undefined || trailers.renderer === rendererVersion;
  const isOfHead = trailers?.specsCommit === head;
  const differs = (release: PlacedRelease): boolean => {
    const file = files.get(release.path);
    return file === undefined || (!isOfHead && release.blobId(formatOf(file.oid)) !== file.oid);
  };
  const due = own.filter(({ path }) => !kept.has(path));
  const unpublished = isSameRenderer ? due.filter(differs).map(({ path }) => path) : [];
  const waiting = new Set([...unpublished, ...(isOfHead ? [] : removed)]);
  const sure = due.filter(({ path }) => isSameRenderer && !waiting.has(path)).map(({ path }) => path);
  return { renderedByPath, sure: new Set(sure), unpublished: waiting, kept, moves };
}

type ReleaseFiles = {
  readonly path: string;
  /** Undefined for a Release that left the branch, or is not there yet. */
  readonly file: TreeFile | undefined;
  readonly receipt: TreeFile | undefined;
};

async function readRelease(
  { path, file, receipt }: ReleaseFiles,
  sight: Sight,
  state: Repository,
): Promise<ReleaseStatus | undefined> {
  const parsed = parseStatePath(path);
  if (parsed === undefined || parsed.kind === "build") return undefined;
  const { plane, facts, unrendered, rendered } = sight.question;
  const known = sight.sure.has(path) ? sight.renderedByPath.get(path) : undefined;
  const answer = receipt && (await facts.receiptOf(receipt.oid, state));
  const images = file && (await facts.imagesOf(file.oid, known, state));
  const kept = sight.kept.get(path) ?? (sight.unpublished.has(path) ? rendered.stop : undefined);
  const awaited = file && whatFor(path, sight);
  const progress: Progress = {
    ...(awaited === undefined ? {} : { awaited }),
    unrendered: kept === undefined ? undefined : unrendered.explain(kept),
    isPublished: !sight.unpublished.has(path),
    blob: file?.oid,
    receipt: answer,
    plane: { sequence: sight.branch.trailers?.sequence ?? 0, agent: agentProgress(sight.agent) },
    isCell: parsed.kind === "cell",
  };
  const behind = whyBehind(progress);
  return {
    plane: planePath(plane),
    organization: plane.organization,
    ...ownerOf(parsed),
    images: images ?? [],
    state: stateOf(answer, file?.oid, sight.unpublished.has(path)),
    health: answer?.health ?? "Unknown",
    ...(behind === undefined ? {} : { behind, reason: behindText(behind) }),
  };
}

/** Before it leaves the plane, or becomes another. */
function whatFor(path: string, { moves, branch, kept }: Sight): string | undefined {
  const movedTo = moves.get(path);
  const noted = branch.admissions?.paths[path];
  const caller = noted?.decision === "kept" ? noted.caller : undefined;
  if (movedTo !== undefined)
    return awaitedText(movedTo) + (caller === undefined ? "" : `, and for ${callerText(caller)}`);
  const serving = kept.has(path) ? branch.served.get(path) : undefined;
  return serving && leavingText(serving);
}

function ownerOf(path: Exclude<StatePath, { readonly kind: "build" }>): InCell | OfPlatform {
  switch (path.kind) {
    case "platform":
      return { platform: path.name };
    case "cell":
      return { project: path.project, environment: path.environment };
    case "release":
      return { project: path.project, environment: path.environment, component: path.component };
  }
}

function agentProgress(agent: PlaneReceipt | undefined): Progress["plane"]["agent"] {
  if (agent === undefined) return undefined;
  const { sequence, lastSeen, refused } = agent;
  return { sequence, lastSeen, ...(refused === undefined ? {} : { refused: refused.reason }) };
}

function stateOf(receipt: ReceiptFacts | undefined, blob: Oid | undefined, isUnpublished: boolean): ReleaseState {
  if (receipt?.result === "failed") return "failed";
  if (receipt?.result === "held") return "held";
  if (blob === undefined && !isUnpublished) return "removing";
  if (receipt === undefined) return "waiting";
  return receipt.release === blob ? "applied" : "applying";
}

function planeStatus(sight: Sight, releases: readonly ReleaseStatus[]): PlaneStatus {
  const { question, branch, agent } = sight;
  const { tips } = question;
  const reason = planeReason(sight, releases);
  return {
    plane: planePath(question.plane),
    ...(tips.desired === undefined ? {} : { revision: tips.desired }),
    ...(branch.trailers === undefined ? {} : { specs: branch.trailers.specsCommit }),
    sequence: branch.trailers?.sequence ?? 0,
    ...(agent?.appliedRevision === undefined ? {} : { appliedRevision: agent.appliedRevision }),
    appliedSequence: agent?.sequence ?? 0,
    ...(agent === undefined ? {} : { agent: agent.agentVersion, lastSeen: agent.lastSeen }),
    ...(tips.receipts === undefined ? {} : { receipts: tips.receipts }),
    releases: releases.filter(isShown).length,
    health: planeHealth(releases),
    ...(reason === undefined ? {} : { reason }),
    ...(agent?.holds === undefined
      ? {}
      : { holds: holdStatuses(agent.holds, carriedApprovals(question.plane, question.rendered)) }),
  };
}

function planeReason({ question, branch, agent, stop }: Sight, releases: readonly ReleaseStatus[]): string | undefined {
  const { rendered, head } = question;
  if (branch.commit === undefined) return rendered.stop ?? "nothing is published for it yet";
  if (stop !== undefined) return stop;
  if (agent === undefined) return "no agent has reported yet";
  if (agent.refused !== undefined) return `refused ${agent.refused.revision.slice(0, 10)}: ${agent.refused.reason}`;
  const behind = (branch.trailers?.sequence ?? 0) - agent.sequence;
  if (behind > 0) return `${behind} newer ${behind === 1 ? "commit" : "commits"} not applied yet`;
  const waiting = agent.holds?.length ?? 0;
  if (waiting > 0) return `${waiting} ${waiting === 1 ? "Hold waits" : "Holds wait"} for approval: gitplane get holds`;
  const held = releases.filter(({ state }) => state === "held").length;
  if (held > 0) return `${held} held: what would be deleted still runs until a person approves`;
  const specs = branch.trailers?.specsCommit;
  if (rendered.stop !== undefined && specs !== undefined && specs !== head)
    return `rendered from specs ${specs.slice(0, 10)}`;
  return encryptionReason(agent);
}

/** An agent says something of it only where the plane requires it. */
function encryptionReason({ encryption }: PlaneReceipt): string | undefined {
  if (encryption === undefined || encryption.state === "on") return undefined;
  const state = encryption.state === "off" ? "off" : "not known to be on";
  return `WireGuard is required and ${state}${encryption.reason === undefined ? "" : `: ${encryption.reason}`}`;
}
