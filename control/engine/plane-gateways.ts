/**
 * The Releases of the gateways that DataPlanes bring; none where one brings none, where they have a Problem, or where the hosts
 * of a certificate cannot be told. What is there of them then stays as it is.
 */
import { planeOf } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import { compareText } from "../../schemas/compare.ts";
import { dnsLabelLimit } from "../../schemas/names.ts";
import { renderPlaneGateways, type RenderedRelease } from "../render/render.ts";
import { isOf } from "../load/is-of.ts";
import type { SpecDocument } from "../load/parse.ts";
import { environmentsOfPlane } from "../resolve/environments-of-plane.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import { checkGateways } from "../validate/check-gateways.ts";
import type { Finding } from "../validate/finding.ts";
import type { Lookup } from "../validate/lookup.ts";
import { Layer } from "./layer.ts";
import type { Ledger } from "./ledger.ts";
import { PlacedRelease } from "./placed-release.ts";
import type { PlaneReleases } from "./plane-releases.ts";
import { sharersOf } from "./gateway-sharers.ts";
import { fileOfUnknownHosts } from "./unknown-hosts.ts";

export class PlaneGateways {
  readonly #index: Lookup;
  readonly #layer: Layer<DataPlaneDocument, PlacedRelease | undefined>;

  constructor(ledger: Ledger, index: Lookup) {
    this.#index = index;
    this.#layer = new Layer(ledger, placeGateways);
  }

  /** Of documents of every kind only DataPlanes count. */
  add(document: SpecDocument): void {
    if (isOf(document, ["DataPlane"])) this.#layer.add(document);
  }

  remove(document: SpecDocument): void {
    if (isOf(document, ["DataPlane"])) this.#layer.remove(document);
  }

  /** What replaces something before that something goes, so that a path that stays is not taken for one that left. */
  refresh(releases: PlaneReleases): void {
    const remade = this.#layer.refresh(this.#index);
    const [going, staying] = [remade.filter(isGone), remade.filter((one) => !isGone(one))];
    for (const { before, after } of [...staying, ...going]) releases.replace(before, after);
  }
}

function isGone({ after }: { readonly after: unknown }): boolean {
  return after === undefined;
}

function placeGateways(document: DataPlaneDocument, index: Lookup): PlacedRelease | undefined {
  const plane = planeOf(document.resource);
  if (planeKey(plane).length > dnsLabelLimit || hasError(checkGateways(document, index))) return undefined;
  if (fileOfUnknownHosts(document, index) !== undefined) return undefined;
  const planes = [document, ...sharersOf(document, index)];
  const served = planes.map((one) => ({ document: one, labels: environmentLabels(one, index) }));
  const inputs = { document, served };
  const rendered = renderPlaneGateways(plane, inputs);
  if (rendered === undefined) return undefined;
  const again = (): RenderedRelease => {
    const made = renderPlaneGateways(plane, inputs);
    if (made === undefined) throw new Error(`the gateways of ${planeKey(plane)} are asked for after their end`);
    return made;
  };
  return new PlacedRelease(rendered, again, { text: rendered.text() });
}

function hasError(findings: readonly Finding[]): boolean {
  return findings.some(({ severity = "error" }) => severity === "error");
}

/** First labels of the hosts of the plane's environments. */
function environmentLabels(document: DataPlaneDocument, index: Lookup): readonly string[] {
  return environmentsOfPlane(document, index)
    .map(({ resource }) => resource.spec.gateway?.dnsPrefix ?? resource.metadata.name)
    .toSorted(compareText);
}
