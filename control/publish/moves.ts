/**
 * Releases whose environment moved to another plane: they leave the old one only when the new one's receipts say that they
 * are healthy there, so that something serves all the while. Where one cluster serves both planes, the old one's agent is told
 * meanwhile to hand the objects over: the new one could take none of them otherwise. The facts are noted in the old plane's
 * `admissions.yaml`, and with them its tree follows from its parent and the specs, as ever. Pure.
 */
import { type Admission, Admissions } from "../../schemas/admissions.ts";
import { dataPlanesOf } from "../../schemas/environment.ts";
import { organizationOf } from "../../schemas/kinds.ts";
import type { Oid } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import { isSibling, parseStatePath, type PlaneId, planePath } from "../../schemas/layout.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import { readStateYaml, writeStateYaml } from "../../schemas/state-yaml.ts";
import type { Rendered } from "../engine/rendered.ts";

/** By path: the plane that it is rendered for now. */
export type Moves = ReadonlyMap<string, PlaneId>;

/** By path: the commit of the new plane's receipts that says that it arrived. */
export type Arrivals = ReadonlyMap<string, Oid>;

/** What shows that the objects of a path can pass to the other plane where they stand. */
export type Handing = {
  /** Of both planes' receipts. */
  readonly clusterUid: string;
  /** The commit of the new plane's receipts that says that its agent has tried. */
  readonly receipts: Oid;
};

/** What receipts say of paths that moved; of each at most one of the two. */
export type Sightings = { readonly arrivals: Arrivals; readonly handings: ReadonlyMap<string, Handing> };

export const noSightings: Sightings = { arrivals: new Map(), handings: new Map() };

type Specs = Pick<Rendered, "planes" | "releasesOf" | "all">;

/**
 * Of these paths those that are rendered for another plane of the organization, the first of several, and not for this one.
 * What is of a plane itself never moves: another plane's has the same path and is another's. Nor does anything of an
 * environment that the plane still serves, beside others: there it is missing, and they have theirs.
 */
export function findMoves(plane: PlaneId, paths: Iterable<string>, rendered: Specs): Moves {
  const own = rendered.releasesOf(plane);
  const others = rendered.planes.filter((other) => isSibling(other, plane));
  const served = environmentsOn(plane, rendered);
  const moves = new Map<string, PlaneId>();
  for (const path of paths) {
    const parsed = parseStatePath(path);
    const stays = parsed === undefined || !("environment" in parsed) || served.has(parsed.environment);
    const to = own.has(path) || stays ? undefined : others.find((other) => rendered.releasesOf(other).has(path));
    if (to !== undefined) moves.set(path, to);
  }
  return moves;
}

/** Names of the Environments that a DataPlane serves. */
function environmentsOn({ organization, name }: PlaneId, specs: Specs): ReadonlySet<string> {
  const own = specs
    .all("Environment")
    .filter(({ resource }) => organizationOf(resource) === organization && dataPlanesOf(resource.spec).includes(name));
  return new Set(own.map(({ resource }) => resource.metadata.name));
}

/** Why it still stands on the old plane. */
export function awaitedText(to: PlaneId): string {
  return `${planePath(to)}, where it moved to, to report it healthy`;
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
};

/** Text of the next `admissions.yaml`; undefined when there is nothing to say. */
export function writeAdmissions(decided: Decided): string | undefined {
  const { moves, arrivals, kept, removed, before } = decided;
  const gone = new Set(removed);
  const paths = [...moves].flatMap(([path, to]): [string, Admission][] => {
    const movedTo = planePath(to);
    const receipts = arrivals.get(path);
    if (kept.has(path)) return [[path, keptAdmission(path, movedTo, decided)]];
    if (gone.has(path) && receipts !== undefined) return [[path, { decision: "withdrawn", movedTo, receipts }]];
    const known = before?.paths[path];
    return known?.decision === "withdrawn" && known.movedTo === movedTo ? [[path, known]] : [];
  });
  if (paths.length === 0) return undefined;
  const sorted = paths.sort(([a], [b]) => compareText(a, b));
  return writeStateYaml({ format: 1, paths: Object.fromEntries(sorted) } satisfies Admissions);
}

/** What is handed once stays so for as long as it is to go there: some of its objects may have passed. */
function keptAdmission(path: string, to: string, { before, handings }: Decided): Admission {
  const known = before?.paths[path];
  if (known?.decision === "handed" && known.handedTo === to) return known;
  const handing = handings.get(path);
  return handing === undefined ? { decision: "kept", movedTo: to } : { decision: "handed", handedTo: to, ...handing };
}

/** Undefined for what no control plane writes: then everything is decided anew. */
export function readAdmissions(text: string): Admissions | undefined {
  try {
    return Admissions.safeParse(readStateYaml(text)).data;
  } catch {
    return undefined; // not YAML of ours
  }
}
