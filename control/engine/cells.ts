/** The Releases of the Cells that have any in them, each made again only when the Project, Environment or DataPlane it asked for changed. */
import { renderCell, type RenderedRelease } from "../render/render.ts";
import { resolveCell } from "../resolve/cell.ts";
import type { Lookup } from "../validate/lookup.ts";
import { Layer } from "./layer.ts";
import type { Ledger } from "./ledger.ts";
import { PlacedRelease } from "./placed-release.ts";
import type { Inhabited, PlaneReleases } from "./plane-releases.ts";

export class Cells {
  readonly #index: Lookup;
  readonly #inhabited = new Map<string, Inhabited>();
  readonly #layer: Layer<string, PlacedRelease>;

  constructor(ledger: Ledger, index: Lookup) {
    this.#index = index;
    this.#layer = new Layer(ledger, (key, asking) => this.#place(key, asking));
  }

  /** Brings the Cells of these Releases among them, and takes those out that have none any more. */
  refresh(releases: PlaneReleases): void {
    for (const { key, cell, isInhabited } of releases.takeCells()) {
      if (isInhabited) {
        this.#inhabited.set(key, cell);
        this.#layer.add(key);
      } else {
        this.#inhabited.delete(key);
        this.#layer.remove(key);
      }
    }
    for (const { before, after } of this.#layer.refresh(this.#index)) releases.replace(before, after);
  }

  #place(key: string, asking: Lookup): PlacedRelease {
    const cell = this.#inhabited.get(key);
    if (cell === undefined) throw new Error(`the Cell ${key} is asked for after its end`);
    const rendered = renderInhabited(cell, asking);
    return new PlacedRelease(rendered, () => renderInhabited(cell, this.#index), { text: rendered.text() });
  }
}

/** Whatever keeps a Cell from being resolved keeps its Releases from it, so one with Releases can be. */
function renderInhabited({ plane, project, environment }: Inhabited, index: Lookup): RenderedRelease {
  const cell = resolveCell({ organization: plane.organization, project, environment }, plane.name, index);
  if (cell === undefined) throw new Error(`the Cell of ${project} in ${environment} is not on ${plane.name}`);
  return renderCell(cell);
}
