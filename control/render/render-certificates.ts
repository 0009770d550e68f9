/** The certificates that cert-manager has issued for a plane's gateways: one for its own hosts, one for each guest organization's. */
import { gatewayNamespace, guestName } from "../../schemas/names.ts";
import { at, type Origin, ruled, type Traced, tracedMap } from "../load/traced.ts";
import type { CertifiedGateway, Side } from "../resolve/certified-gateways.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";

export type GatewayInputs = {
  readonly document: DataPlaneDocument;
  readonly certified: readonly CertifiedGateway[];
};

const rule: Origin = { kind: "rule", rule: "gateway" };

/** Empty where it has no hosts: an empty list is refused by cert-manager (Certificate, spec.dnsNames). */
export function renderOwnCertificates(inputs: GatewayInputs, destination: Destination): readonly Manifest[] {
  return inputs.certified.flatMap(({ side, own }) =>
    makeCertificate({ side, name: ownCertificate(side), hosts: own }, inputs.document, destination),
  );
}

export function renderGuestCertificates(
  { document, certified }: GatewayInputs,
  organization: string,
  destination: Destination,
): readonly Manifest[] {
  return certified.flatMap(({ side, guests }) =>
    guests
      .filter((guest) => guest.organization === organization)
      .flatMap(({ hosts }) =>
        makeCertificate({ side, name: guestCertificate(side, organization), hosts }, document, destination),
      ),
  );
}

/**
 * Secrets that a listener presents, the owner's first: without a server name in sight a gateway takes the first. One that is
 * missing takes nothing from the others (Envoy Gateway v1.9.1, gatewayapi/validate.go, PartiallyInvalidCertificateRef).
 */
export function certificatesOf({ side, own, guests }: CertifiedGateway): readonly string[] {
  const others = guests.map(({ organization }) => guestCertificate(side, organization));
  return own.length > 0 || others.length === 0 ? [ownCertificate(side), ...others] : others;
}

function ownCertificate({ gateway }: Side): string {
  return `${gateway}-tls`;
}

function guestCertificate(side: Side, organization: string): string {
  return guestName(ownCertificate(side), organization);
}

type CertificateParts = { readonly side: Side; readonly name: string; readonly hosts: readonly string[] };

function makeCertificate(
  { side, name, hosts }: CertificateParts,
  { resource, tree }: DataPlaneDocument,
  destination: Destination,
): readonly Manifest[] {
  const issuer = resource.spec.gateway?.manage?.[side.field]?.https?.issuer;
  if (issuer === undefined || hosts.length === 0) return [];
  const issuerTree = at(tree, "spec", "gateway", "manage", side.field, "https", "issuer");
  const issuerRef: Traced = tracedMap(
    {
      group: ruled("cert-manager.io", "gateway"),
      kind: at(issuerTree, "kind") ?? ruled(issuer.kind, "gateway"),
      name: at(issuerTree, "name"),
    },
    rule,
  );
  const spec = tracedMap(
    { secretName: ruled(name, "gateway"), dnsNames: ruled([...hosts], "gateway-hosts"), issuerRef },
    rule,
  );
  const kind = { apiVersion: "cert-manager.io/v1", kind: "Certificate" } as const;
  return [makeManifest({ ...kind, name, namespace: gatewayNamespace, spec }, destination)];
}
