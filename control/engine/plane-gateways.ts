/** The Release of the gateways that a DataPlane brings; none where it brings none, or where they have a Problem. */
import { organizationOf, planeOf } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import { compareText } from "../../schemas/compare.ts";
import { dnsLabelLimit } from "../../schemas/names.ts";
import { renderPlaneGateways, type RenderedRelease } from "../render/render.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import { checkGateways } from "../validate/check-gateways.ts";
import type { Lookup } from "../validate/lookup.ts";
import { PlacedRelease } from "./placed-release.ts";

export function placeGateways(document: DataPlaneDocument, index: Lookup): PlacedRelease | undefined {
  const plane = planeOf(document.resource);
  if (planeKey(plane).length > dnsLabelLimit || checkGateways(document, index).length > 0) return undefined;
  const inputs = { document, labels: environmentLabels(document, index) };
  const rendered = renderPlaneGateways(plane, inputs);
  if (rendered === undefined) return undefined;
  const again = (): RenderedRelease => {
    const made = renderPlaneGateways(plane, inputs);
    if (made === undefined) throw new Error(`the gateways of ${planeKey(plane)} are asked for after their end`);
    return made;
  };
  return new PlacedRelease(rendered, again, { text: rendered.text() });
}

/** First labels of the hosts of the plane's environments. */
function environmentLabels(document: DataPlaneDocument, index: Lookup): readonly string[] {
  const { name } = document.resource.metadata;
  return index
    .besides("Environment", organizationOf(document.resource), "")
    .flatMap(({ resource }) =>
      resource.kind === "Environment" && resource.spec.dataPlaneRef === name
        ? [resource.spec.gateway?.dnsPrefix ?? resource.metadata.name]
        : [],
    )
    .toSorted(compareText);
}
