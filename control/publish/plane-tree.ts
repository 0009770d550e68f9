/**
 * The next tree of a plane's branch, from its present one and what was rendered: which files to write and which to take
 * away. Pure. A Release disappears only when its Binding is absent and nothing spoiled could hold an input of it
 * (invariant 3); one that cannot be decided or rendered stays (invariant 2), all but what others may take back of it.
 */
import { admissionsFile, type Admissions } from "../../schemas/admissions.ts";
import { carriedApprovalPath, parseCarriedApproval } from "../../schemas/approval.ts";
import { compareText } from "../../schemas/compare.ts";
import {
  gatewaysPlace,
  isOfGateways,
  parseStatePath,
  type PlaneId,
  planeFile,
  planePath,
  statePath,
} from "../../schemas/layout.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import { readWays, withoutObjects } from "../render/read-ways.ts";
import { cellPath } from "../render/render.ts";
import type { Rendered } from "../render-specs.ts";
import { type ClosedWays, closedWays, openWays, type Ways } from "./closed-ways.ts";
import { keepGateways, keepHosts } from "./keep-gateways.ts";
import { callerText, findLeavingCallers } from "./leaving-callers.ts";
import {
  admissionsOfMoves,
  type Arrivals,
  awaitedText,
  findAwaited,
  findMoves,
  type Moves,
  noSightings,
  type Sightings,
  writeAdmissions,
} from "./moves.ts";
import { planeSettings } from "./plane-settings.ts";
import { releasesToStand, type Served, servedAdmissions, servedText } from "./served-guests.ts";

export type PlaneTree = {
  /** Every file to stand in the tree that this step knows the content of. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of the present tree that go. */
  readonly removed: readonly string[];
  /** Paths that stay although nothing, or something else, was rendered for them, with the reason. */
  readonly kept: ReadonlyMap<string, string>;
};

/**
 * What beside the specs decides: about Releases that moved to another plane, about gateways of planes that some left, and about
 * ways in that were taken back.
 */
export type PlaneFacts = Sightings & {
  /** Of the present tree. */
  readonly before: Admissions | undefined;
  readonly served: Served;
  /** Of Releases that may stay although nothing is rendered for them. */
  readonly ways: Ways;
};

export const noFacts: PlaneFacts = { ...noSightings, before: undefined, served: new Map(), ways: new Map() };

type Given = {
  readonly rendered: Rendered;
  readonly facts?: PlaneFacts;
  /** Of files of the present tree by path; in what is not among them nobody's way in is known. */
  readonly texts?: ReadonlyMap<string, string>;
};

export function nextPlaneTree(
  plane: PlaneId,
  present: readonly string[],
  { rendered, facts = noFacts, texts = new Map() }: Given,
): PlaneTree {
  const settings = writeStateYaml(planeSettings(plane, rendered));
  const files = new Map<string, string>([[planeFile, settings], ...carriedApprovals(plane, rendered)]);
  for (const [path, release] of releasesToStand(plane, rendered, facts.served)) files.set(path, release.text());
  const absent = present.filter((path) => !files.has(path));
  const moves = movesOf(plane, { present: absent, rendered, before: facts.before });
  const staying = findStaying(plane, absent, { rendered, moves });
  const ways: Ways = new Map(staying.map((path) => [path, readWays(path, texts.get(path) ?? "")]));
  const decided = decideAbsent(plane, present, { rendered, facts: { ...facts, ways } });
  const { admissions, removed, kept, closed, hosts } = decided;
  for (const [path, ids] of closed) files.set(path, withoutObjects(texts.get(path) ?? "", ids));
  if (admissions !== undefined) files.set(admissionsFile, admissions);
  if (hosts === undefined || !present.includes(gatewaysPath)) return { files, removed, kept };
  files.delete(gatewaysPath);
  return { files, removed, kept: new Map([...kept, [gatewaysPath, hosts]]) };
}

export type Absences = Pick<PlaneTree, "removed" | "kept"> & {
  readonly moves: Moves;
  /** Text of `admissions.yaml`, where there is to be one. */
  readonly admissions: string | undefined;
  /** What goes from files that stay else as they are. */
  readonly closed: ClosedWays;
  /** Why gateways that stand there stay as they are, whatever else is rendered for them; undefined when they need not. */
  readonly hosts: string | undefined;
};

export const gatewaysPath = statePath(gatewaysPlace);

/** Of the present paths that nothing is rendered for: which go, and which stay and why. */
export function decideAbsent(
  plane: PlaneId,
  present: readonly string[],
  { rendered, facts = noFacts }: { readonly rendered: Rendered; readonly facts?: PlaneFacts },
): Absences {
  const written = rendered.releasesOf(plane);
  const carried = carriedApprovals(plane, rendered);
  const { served } = facts;
  const releases = present.filter((path) => !isOther(path) && (!written.has(path) || served.has(path)));
  const moves = movesOf(plane, { present: releases, rendered, before: facts.before });
  const kept = new Map<string, string>();
  for (const path of releases) {
    const serving = served.get(path);
    const reason =
      (serving && servedText(serving)) ??
      keepReason(plane, path, rendered) ??
      awaitReason(path, { moves, arrivals: facts.arrivals });
    if (reason !== undefined) kept.set(path, reason);
  }
  const shut = closedWays(facts.ways, rendered);
  const ways = openWays(facts.ways, shut);
  const callers = findLeavingCallers(plane, kept.keys(), { moves, ways, rendered, before: facts.before });
  for (const path of releases) {
    const caller = callers.get(path);
    if (caller !== undefined && !kept.has(path)) kept.set(path, `waits for ${callerText(caller)}`);
  }
  keepCells(releases, kept);
  const left = releases.filter((path) => !kept.has(path));
  const withdrawn = present.filter((path) => isApproval(path) && !carried.has(path));
  const entries = [
    ...admissionsOfMoves({ moves, kept, removed: left, callers, ...facts }),
    ...servedAdmissions(served),
  ];
  const admissions = writeAdmissions(entries);
  // Of what is handed over the agent changes nothing; it goes with the path.
  const handed = new Set(entries.flatMap(([path, { decision }]) => (decision === "handed" ? [path] : [])));
  const closed = new Map([...shut].filter(([path]) => kept.has(path) && !handed.has(path)));
  const isOver = admissions === undefined && present.includes(admissionsFile);
  const removed = [...withdrawn, ...left, ...(isOver ? [admissionsFile] : [])].toSorted(compareText);
  // Gateways that are not rendered have said why already.
  const hosts = kept.has(gatewaysPath) ? undefined : keepHosts(plane, [...kept.keys()], rendered);
  return { removed, kept, moves, admissions, closed, hosts };
}

/** Of these paths, for which nothing is rendered, those that may stay; any of the others goes in any case. */
export function findStaying(
  plane: PlaneId,
  paths: readonly string[],
  { rendered, moves }: { readonly rendered: Rendered; readonly moves: Moves },
): readonly string[] {
  const releases = paths.filter((path) => parseStatePath(path)?.kind === "release");
  return releases.filter((path) => moves.has(path) || keepReason(plane, path, rendered) !== undefined);
}

/** Files of a tree that hold no Release. */
function isOther(path: string): boolean {
  return path === planeFile || path === admissionsFile || isApproval(path);
}

/** Also of what has left before: that it did stands in the tree for as long as it belongs to the other plane. */
export function movesOf(
  plane: PlaneId,
  { present, rendered, before }: { present: Iterable<string>; rendered: Rendered; before: Admissions | undefined },
): Moves {
  return findMoves(plane, new Set([...present, ...Object.keys(before?.paths ?? {})]), rendered);
}

function awaitReason(path: string, facts: { moves: Moves; arrivals: Arrivals }): string | undefined {
  const awaited = findAwaited(path, facts);
  return awaited.length === 0 ? undefined : `waits for ${awaitedText(awaited)}`;
}

/**
 * The approvals that stand in the plane's tree, byte for byte as people committed them. They go when they go from the specs:
 * the tree follows from the specs alone, and a person can take back what was not done yet.
 */
export function carriedApprovals(
  plane: PlaneId,
  { approvals }: Pick<Rendered, "approvals">,
): ReadonlyMap<string, string> {
  const own = approvals.filter(({ approval }) => approval.plane === planePath(plane));
  return new Map(own.map(({ hash, text }) => [carriedApprovalPath(hash), text]));
}

export function isApproval(path: string): boolean {
  return parseCarriedApproval(path) !== undefined;
}

function keepReason(plane: PlaneId, path: string, rendered: Rendered): string | undefined {
  const { undecided, spoils } = rendered;
  const parsed = parseStatePath(path);
  if (parsed?.kind === "platform" && isOfGateways(parsed.name)) return keepGateways(plane, parsed.name, rendered);
  if (parsed === undefined || parsed.kind === "platform" || parsed.kind === "build")
    return "not rendered by this version";
  const name = parsed.kind === "cell" ? parsed.project : parsed.component;
  const reason =
    parsed.kind === "cell"
      ? undefined
      : undecided.reasonFor({ organization: plane.organization, ...parsed }, plane.name);
  const holder = reason === undefined ? spoils.holderOf(plane.organization, name) : undefined;
  return reason ?? (holder === undefined ? undefined : `${holder} cannot be used and may hold an input of it`);
}

/** A Cell stays as long as any Release in it does. */
function keepCells(absent: readonly string[], kept: Map<string, string>): void {
  const inhabited = new Set(
    [...kept.keys()].flatMap((path) => {
      const parsed = parseStatePath(path);
      return parsed?.kind === "release" ? [cellPath(parsed)] : [];
    }),
  );
  for (const path of absent) if (inhabited.has(path)) kept.set(path, kept.get(path) ?? "a Release of the Cell stays");
}
