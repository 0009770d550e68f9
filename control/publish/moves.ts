/**
 * Releases whose environment, or the regions of whose Project, left a plane for others: they leave it only when the receipts of
 * all those others say that they are healthy there. That some served them before is nothing to go by: one of them may be a new
 * name of the very cluster that is left, and it can take nothing over from objects that are deleted. Where one cluster serves
 * the old plane and another, the old one's agent is told meanwhile to hand the objects over: the other could take none of them
 * otherwise. The facts are noted in the old plane's `admissions.yaml`, and with them its tree follows from its parent and the
 * specs, as ever. Pure.
 */
import { type Admission, Admissions } from "../../schemas/admissions.ts";
import { isDeepStrictEqual } from "node:util";
import type { Oid } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import { organizationOf } from "../../schemas/kinds.ts";
import { isSibling, parseStatePath, type PlaneId, planeKey, planePath } from "../../schemas/layout.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import { readStateYaml, writeStateYaml } from "../../schemas/state-yaml.ts";
import type { Rendered } from "../engine/rendered.ts";
import { isWithin } from "../resolve/check-cell.ts";
import type { LeavingCallers } from "./leaving-callers.ts";
import { dataPlaneOf, environmentsOn } from "./specs-of-plane.ts";

/** By path: the planes that it is rendered for now, at least one, in order of planeKey. */
export type Moves = ReadonlyMap<string, readonly PlaneId[]>;

/** By path and planeKey: the commit of that plane's receipts that says that it arrived. */
export type Arrivals = ReadonlyMap<string, ReadonlyMap<string, Oid>>;

/** What shows that the objects of a path can pass to the other plane where they stand. */
export type Handing = {
  readonly to: PlaneId;
  /** Of both planes' receipts. */
  readonly clusterUid: string;
  /** The commit of the new plane's receipts that says that its agent has tried. */
  readonly receipts: Oid;
};

/** What receipts say of paths that moved; of each and a plane at most one of the two. */
export type Sightings = { readonly arrivals: Arrivals; readonly handings: ReadonlyMap<string, Handing> };

export const noSightings: Sightings = { arrivals: new Map(), handings: new Map() };

type Specs = Pick<Rendered, "planes" | "releasesOf" | "all">;

/**
 * Of these paths those that are rendered for other planes of the organization, and not for this one.
 * What is of a plane itself never moves: another plane's has the same path and is another's. Nor does anything of an
 * environment that the plane still serves, beside others, unless its Project keeps to regions elsewhere: there it is missing,
 * and they have theirs.
 */
export function findMoves(plane: PlaneId, paths: Iterable<string>, rendered: Specs): Moves {
  const own = rendered.releasesOf(plane);
  const left = Array.from(paths).filter((path) => !own.has(path));
  const moves = new Map<string, readonly PlaneId[]>();
  if (left.length === 0) return moves; // as in nearly every round
  const others = rendered.planes.filter((other) => isSibling(other, plane));
  const isLeaving = findLeaving(plane, rendered);
  for (const path of left) {
    const parsed = parseStatePath(path);
    if (parsed === undefined || !("environment" in parsed)) continue;
    const to = isLeaving(parsed) ? others.filter((other) => rendered.releasesOf(other).has(path)) : [];
    if (to.length > 0) moves.set(path, to);
  }
  return moves;
}

/** Whether the specs want nothing of an environment on the plane any more, or nothing of the Project. */
export function findLeaving(
  plane: PlaneId,
  specs: Pick<Rendered, "all">,
): (place: { readonly project: string; readonly environment: string }) => boolean {
  const served = new Set(environmentsOn(plane, specs).map(({ resource }) => resource.metadata.name));
  const elsewhere = projectsElsewhere(plane, specs);
  return ({ project, environment }) => !served.has(environment) || elsewhere.has(project);
}

/** Names of the Projects that keep to regions which the plane is not in. */
function projectsElsewhere(plane: PlaneId, specs: Pick<Rendered, "all">): ReadonlySet<string> {
  const document = dataPlaneOf(plane, specs);
  if (document === undefined) return new Set();
  const own = specs.all("Project").filter(({ resource }) => organizationOf(resource) === plane.organization);
  const away = own.filter(({ resource }) => !isWithin(resource, document.resource));
  return new Set(away.map(({ resource }) => resource.metadata.name));
}

/** Why it still stands on the old plane. */
export function awaitedText(to: readonly PlaneId[]): string {
  return `${to.map(planePath).join(" and ")}, where it moved to, to report it healthy`;
}

/** Of the planes that a path moved to those that it is not seen to be healthy on. */
export function findAwaited(
  path: string,
  { moves, arrivals }: Pick<Decided, "moves" | "arrivals">,
): readonly PlaneId[] {
  return (moves.get(path) ?? []).filter((to) => arrivals.get(path)?.has(planeKey(to)) !== true);
}

/** Whether a receipt says that exactly this blob stands and is well. No controller reports on a Cell: it is a namespace. */
export function hasArrived({ release, result, health }: Receipt, { path, blob }: { path: string; blob: Oid }): boolean {
  if (release !== blob || result === "failed" || result === "held" || result === "handed") return false;
  return parseStatePath(path)?.kind === "cell" || health === "Healthy" || health === "Suspended";
}

/**
 * Whether the new plane's agent wants what is rendered for it, and has come so far as to look at each object: a Release that is
 * beyond its ceiling, say, is none that it could have.
 */
export function isTried({ release, objects }: Receipt, blob: Oid): boolean {
  return release === blob && objects.length > 0;
}

export type Decided = Sightings & {
  readonly moves: Moves;
  readonly kept: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
  readonly before: Admissions | undefined;
  readonly callers: LeavingCallers;
};

/** Entries of the next `admissions.yaml` about them. */
export function admissionsOfMoves(decided: Decided): readonly (readonly [string, Admission])[] {
  const { moves, arrivals, kept, removed, before } = decided;
  const gone = new Set(removed);
  return [...moves].flatMap(([path, to]): [string, Admission][] => {
    const movedTo = oneOrAll(to.map(planePath));
    if (kept.has(path)) return [[path, keptAdmission(path, to, decided)]];
    if (gone.has(path) && findAwaited(path, decided).length === 0) {
      const receipts = oneOrAll(to.flatMap((plane) => arrivals.get(path)?.get(planeKey(plane)) ?? []));
      return [[path, { decision: "withdrawn", movedTo, receipts }]];
    }
    const known = before?.paths[path];
    return known?.decision === "withdrawn" && isDeepStrictEqual(known.movedTo, movedTo) ? [[path, known]] : [];
  });
}

/** Text of the file; undefined when there is nothing to say. */
export function writeAdmissions(entries: readonly (readonly [string, Admission])[]): string | undefined {
  if (entries.length === 0) return undefined;
  const sorted = entries.toSorted(([a], [b]) => compareText(a, b));
  return writeStateYaml({ format: 1, paths: Object.fromEntries(sorted) } satisfies Admissions);
}

/** What is handed once stays so for as long as it is to go there: some of its objects may have passed. */
function keptAdmission(path: string, to: readonly PlaneId[], { before, handings, callers }: Decided): Admission {
  const planes = to.map(planePath);
  const known = before?.paths[path];
  if (known?.decision === "handed" && planes.includes(known.handedTo)) return known;
  const handing = handings.get(path);
  const caller = callers.get(path);
  const waiting = caller === undefined ? {} : { caller };
  if (handing === undefined) return { decision: "kept", movedTo: oneOrAll(planes), ...waiting };
  const { to: heir, clusterUid, receipts } = handing;
  return { decision: "handed", handedTo: planePath(heir), clusterUid, receipts };
}

export function oneOrAll(all: readonly string[]): string | string[] {
  const [first] = all;
  return first !== undefined && all.length === 1 ? first : [...all];
}

/** Undefined for what no control plane writes: then everything is decided anew. */
export function readAdmissions(text: string): Admissions | undefined {
  try {
    return Admissions.safeParse(readStateYaml(text)).data;
  } catch {
    return undefined; // not YAML of ours
  }
}
