/**
 * Releases whose environment moved to another plane: they leave the old one only when the new one's receipts say that they
 * are healthy there, so that something serves all the while. The facts are noted in the old plane's `admissions.yaml`, and
 * with them its tree follows from its parent and the specs, as ever. Pure.
 */
import { type Admission, Admissions } from "../../schemas/admissions.ts";
import type { Oid } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import { parseStatePath, type PlaneId, planeKey, planePath } from "../../schemas/layout.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import { readStateYaml, writeStateYaml } from "../../schemas/state-yaml.ts";
import type { Rendered } from "../engine/rendered.ts";

/** By path: the plane that it is rendered for now. */
export type Moves = ReadonlyMap<string, PlaneId>;

/** By path: the commit of the new plane's receipts that says that it arrived. */
export type Arrivals = ReadonlyMap<string, Oid>;

export const noArrivals: Arrivals = new Map();

type Specs = Pick<Rendered, "planes" | "releasesOf">;

/** Of these paths those that are rendered for another plane of the organization, and not for this one. */
export function findMoves(plane: PlaneId, paths: Iterable<string>, rendered: Specs): Moves {
  const own = rendered.releasesOf(plane);
  const others = rendered.planes.filter(
    (other) =>
      other.kind === plane.kind && other.organization === plane.organization && planeKey(other) !== planeKey(plane),
  );
  const moves = new Map<string, PlaneId>();
  for (const path of paths) {
    const to = own.has(path) ? undefined : others.find((other) => rendered.releasesOf(other).has(path));
    if (to !== undefined) moves.set(path, to);
  }
  return moves;
}

/** Why it still stands on the old plane. */
export function awaitedText(to: PlaneId): string {
  return `${planePath(to)}, where it moved to, to report it healthy`;
}

/** Whether a receipt says that exactly this blob stands and is well. No controller reports on a Cell: it is a namespace. */
export function hasArrived({ release, result, health }: Receipt, { path, blob }: { path: string; blob: Oid }): boolean {
  if (release !== blob || result === "failed" || result === "held") return false;
  return parseStatePath(path)?.kind === "cell" || health === "Healthy" || health === "Suspended";
}

export type Decided = {
  readonly moves: Moves;
  readonly arrivals: Arrivals;
  readonly kept: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
  readonly before: Admissions | undefined;
};

/** Text of the next `admissions.yaml`; undefined when there is nothing to say. */
export function writeAdmissions({ moves, arrivals, kept, removed, before }: Decided): string | undefined {
  const gone = new Set(removed);
  const paths = [...moves].flatMap(([path, to]): [string, Admission][] => {
    const movedTo = planePath(to);
    const receipts = arrivals.get(path);
    if (kept.has(path)) return [[path, { decision: "kept", movedTo }]];
    if (gone.has(path) && receipts !== undefined) return [[path, { decision: "withdrawn", movedTo, receipts }]];
    const known = before?.paths[path];
    return known?.decision === "withdrawn" && known.movedTo === movedTo ? [[path, known]] : [];
  });
  if (paths.length === 0) return undefined;
  const sorted = paths.sort(([a], [b]) => compareText(a, b));
  return writeStateYaml({ format: 1, paths: Object.fromEntries(sorted) } satisfies Admissions);
}

/** Undefined for what no control plane writes: then everything is decided anew. */
export function readAdmissions(text: string): Admissions | undefined {
  try {
    return Admissions.safeParse(readStateYaml(text)).data;
  } catch {
    return undefined; // not YAML of ours
  }
}
