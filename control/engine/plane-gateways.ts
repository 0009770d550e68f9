/**
 * The Releases of the gateways that DataPlanes bring, and of what each organization that uses them has there; none where one
 * brings none, where it has a Problem, or where the hosts of a certificate cannot be told. What is there of it then stays as it is.
 */
import { planeOf } from "../../schemas/kinds.ts";
import { type PlaneId, planeKey } from "../../schemas/layout.ts";
import { dnsLabelLimit } from "../../schemas/names.ts";
import { isOf } from "../load/is-of.ts";
import type { SpecDocument } from "../load/parse.ts";
import { renderGuestGateways, renderPlaneGateways, type RenderedRelease } from "../render/render.ts";
import type { GatewayInputs } from "../render/render-certificates.ts";
import { certifiedGateways } from "../resolve/certified-gateways.ts";
import { guestsOf, sharersOf } from "../resolve/gateway-sharers.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import { unknownHosts, unknownHostsOfGuest } from "../resolve/unknown-hosts.ts";
import { checkCertificates, isTooLong } from "../validate/check-certificates.ts";
import { checkGateways } from "../validate/check-gateways.ts";
import type { Finding } from "../validate/finding.ts";
import type { Lookup } from "../validate/lookup.ts";
import { Layer } from "./layer.ts";
import type { Ledger } from "./ledger.ts";
import { PlacedRelease } from "./placed-release.ts";
import type { PlaneReleases } from "./plane-releases.ts";

export class PlaneGateways {
  readonly #index: Lookup;
  readonly #layer: Layer<DataPlaneDocument, readonly PlacedRelease[]>;

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
    for (const { after = [] } of remade) for (const release of after) releases.replace(undefined, release);
    for (const { before = [] } of remade) for (const release of before) releases.replace(release, undefined);
  }

  /** The gateways of a plane, which present what stands there of these guests too, whatever is rendered for them now. */
  withGuests({ organization, name }: PlaneId, guests: ReadonlySet<string>): PlacedRelease | undefined {
    const document = this.#index.find("DataPlane", organization, name);
    if (document === undefined || !isSound(document, this.#index)) return undefined;
    return placeOwn({ document, certified: certifiedGateways(document, this.#index, guests) }, this.#index)[0];
  }
}

function placeGateways(document: DataPlaneDocument, index: Lookup): readonly PlacedRelease[] {
  if (!isSound(document, index)) return [];
  const plane = planeOf(document.resource);
  const inputs = { document, certified: certifiedGateways(document, index) };
  const guests = guestsOf(document).filter((guest) => isGuestDecided(guest, inputs, index));
  return [
    ...placeOwn(inputs, index),
    ...guests.flatMap((guest) => place(() => renderGuestGateways(plane, guest, inputs))),
  ];
}

function placeOwn(inputs: GatewayInputs, index: Lookup): readonly PlacedRelease[] {
  const plane = planeOf(inputs.document.resource);
  return isOwnDecided(inputs, index) ? place(() => renderPlaneGateways(plane, inputs)) : [];
}

function isSound(document: DataPlaneDocument, index: Lookup): boolean {
  const isNamed = planeKey(planeOf(document.resource)).length <= dnsLabelLimit;
  return isNamed && !hasError(checkGateways(document, index));
}

function hasError(findings: readonly Finding[]): boolean {
  return findings.some(({ severity = "error" }) => severity === "error");
}

function isOwnDecided({ document, certified }: GatewayInputs, index: Lookup): boolean {
  if (certified.length === 0) return true;
  if (unknownHosts(document, index) !== undefined || checkCertificates(document, index).length > 0) return false;
  return !certified.some(({ own }) => own.some(isTooLong));
}

function isGuestDecided(guest: string, { document, certified }: GatewayInputs, index: Lookup): boolean {
  if (unknownHostsOfGuest(document, guest, index) !== undefined) return false;
  const hosts = certified.flatMap(({ guests }) => guests.filter(({ organization }) => organization === guest));
  if (hosts.some((one) => one.hosts.some(isTooLong))) return false;
  return sharersOf(document, guest, index).every((sharer) => checkCertificates(sharer, index).length === 0);
}

function place(render: () => RenderedRelease | undefined): readonly PlacedRelease[] {
  const rendered = render();
  if (rendered === undefined) return [];
  const { plane, path } = rendered;
  const again = (): RenderedRelease => {
    const made = render();
    if (made === undefined) throw new Error(`${path} of ${planeKey(plane)} is asked for after its end`);
    return made;
  };
  return [new PlacedRelease(rendered, again, { text: rendered.text() })];
}
