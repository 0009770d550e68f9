/** The Releases of every plane by path, which Cells they are in, and what has changed. */
import { parseStatePath, type PlaneId, planeKey } from "../../schemas/layout.ts";
import { cellPath } from "../render/render.ts";
import type { PlacedRelease } from "./placed-release.ts";

/** A Cell that a Release is in. */
export type Inhabited = { readonly plane: PlaneId; readonly project: string; readonly environment: string };

export class PlaneReleases {
  readonly #planes = new Map<string, Map<string, PlacedRelease>>();
  readonly #changed = new Map<string, Set<string>>();
  /** How many Releases are in the Cell, by plane and the Cell's path. */
  readonly #inhabitants = new Map<string, number>();
  /** Cells that came to have Releases, or to have none. */
  readonly #settled = new Map<string, Inhabited>();

  of(plane: PlaneId): ReadonlyMap<string, PlacedRelease> {
    return this.#planes.get(planeKey(plane)) ?? new Map<string, PlacedRelease>();
  }

  *all(): IterableIterator<PlacedRelease> {
    for (const releases of this.#planes.values()) yield* releases.values();
  }

  /** Paths by planeKey that were written, changed or left since the last call. */
  takeChanged(): ReadonlyMap<string, ReadonlySet<string>> {
    const changed = new Map(this.#changed);
    this.#changed.clear();
    return changed;
  }

  /** Cells that may have come to be inhabited, or ceased to be, since the last call, by plane and the Cell's path. */
  takeCells(): readonly { readonly key: string; readonly cell: Inhabited; readonly isInhabited: boolean }[] {
    const settled = [...this.#settled];
    this.#settled.clear();
    return settled.map(([key, cell]) => ({ key, cell, isInhabited: this.#inhabitants.has(key) }));
  }

  replace(before: PlacedRelease | undefined, after: PlacedRelease | undefined): void {
    if (after !== undefined) this.#put(after);
    if (before === undefined) return;
    const isMoved =
      after === undefined || before.path !== after.path || planeKey(before.plane) !== planeKey(after.plane);
    if (isMoved) this.#remove(before);
  }

  #put(release: PlacedRelease): void {
    const key = planeKey(release.plane);
    const releases = this.#planes.get(key) ?? new Map<string, PlacedRelease>();
    this.#planes.set(key, releases);
    const before = releases.get(release.path);
    releases.set(release.path, release);
    if (before?.blobId("sha1") !== release.blobId("sha1")) this.#noteChange(release);
    if (before === undefined) this.#inhabit(release, 1);
  }

  #remove(release: PlacedRelease): void {
    const releases = this.#planes.get(planeKey(release.plane));
    if (releases?.get(release.path) !== release) return;
    releases.delete(release.path);
    this.#noteChange(release);
    this.#inhabit(release, -1);
  }

  #noteChange({ plane, path }: PlacedRelease): void {
    const key = planeKey(plane);
    const paths = this.#changed.get(key);
    if (paths === undefined) this.#changed.set(key, new Set([path]));
    else paths.add(path);
  }

  #inhabit({ plane, path }: PlacedRelease, by: 1 | -1): void {
    const parsed = parseStatePath(path);
    if (parsed?.kind !== "release") return;
    const cell = { plane, project: parsed.project, environment: parsed.environment };
    const key = `${planeKey(plane)} ${cellPath(cell)}`;
    const before = this.#inhabitants.get(key) ?? 0;
    const now = before + by;
    if (now === 0) this.#inhabitants.delete(key);
    else this.#inhabitants.set(key, now);
    if (before === 0 || now === 0) this.#settled.set(key, cell);
  }
}
