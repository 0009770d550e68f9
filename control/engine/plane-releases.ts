/** The Releases of every plane by path, with a Cell for each project and environment that has one, and what has changed. */
import { parseStatePath, type PlaneId, planeKey } from "../../schemas/layout.ts";
import { cellPath, renderCell } from "../render/render.ts";
import { PlacedRelease } from "./placed-release.ts";

export class PlaneReleases {
  readonly #planes = new Map<string, Map<string, PlacedRelease>>();
  readonly #changed = new Map<string, Set<string>>();
  /** How many Releases are in the Cell, by plane and the Cell's path. */
  readonly #inhabitants = new Map<string, number>();

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
    const render = () => renderCell(cell);
    const known = this.of(plane).get(cellPath(cell));
    if (before === 0) {
      const rendered = render();
      this.replace(undefined, new PlacedRelease(rendered, render, { text: rendered.text() }));
    }
    if (now === 0) this.replace(known, undefined);
  }
}
