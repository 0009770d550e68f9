/** The gateways of a data plane: its own, those of the plane that it shares, or somebody else's, of which nothing is known. */
import { organizationOf, planeOf, type ResourceOf } from "../../schemas/kinds.ts";
import { type PlaneId, planeKey } from "../../schemas/layout.ts";
import type { GatewaySettings } from "../../schemas/managed-gateways.ts";
import { dnsLabelLimit } from "../../schemas/names.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, type Traced } from "../load/traced.ts";
import type { Lookup } from "../validate/lookup.ts";

export type DataPlaneDocument = SpecDocument<ResourceOf<"DataPlane">>;

/** Whose gateways an organization uses, and how early its word counts there. */
export type GatewaysStanding = {
  readonly plane: PlaneId;
  /** 0 for the owner's own organization, then by the order in which the owner shares them. */
  readonly rank: number;
};

export type Gateways = {
  readonly standing: GatewaysStanding;
  /** Of the plane that brings them. */
  readonly virtualHosts: { readonly publicVirtualHost?: string; readonly organizationVirtualHost?: string };
  /** Whether limits can be counted over all instances of a gateway. */
  readonly hasRateLimitService: boolean;
  /** What is said of where traffic from them comes from. */
  readonly sources: Traced | undefined;
} & (
  | { readonly kind: "unknown" }
  | {
      readonly kind: "managed";
      readonly external: GatewaySettings | undefined;
      readonly internal: GatewaySettings | undefined;
      /** All that use them, the owner's first, each once. */
      readonly organizations: readonly string[];
      /** Of `spec.gateway.manage`. */
      readonly tree: Traced;
      readonly file: string;
    }
);

/** Undefined where the plane that should share its gateways does not: the plane that refers to it has that Problem. */
export function gatewaysOf(document: DataPlaneDocument, index: Lookup): Gateways | undefined {
  const isShared = document.resource.spec.gateway?.sharedFrom !== undefined;
  const owner = isShared ? sharedOwner(document, index) : document;
  if (owner === undefined) return undefined;
  const { manage, rateLimitService = false, ...virtualHosts } = owner.resource.spec.gateway ?? {};
  const organization = organizationOf(document.resource);
  const isOwners = organization === organizationOf(owner.resource);
  const rank = isOwners ? 0 : 1 + (manage?.sharedWith ?? []).indexOf(organization);
  const standing: GatewaysStanding = { plane: planeOf(owner.resource), rank };
  const tree = at(owner.tree, "spec", "gateway", "manage");
  const sources = at(owner.tree, "spec", "gateway", "sources");
  const common = { standing, virtualHosts, hasRateLimitService: rateLimitService, sources };
  if (manage === undefined || tree === undefined) return { kind: "unknown", ...common };
  const { external, internal } = manage;
  const organizations = [...new Set([organizationOf(owner.resource), ...(manage.sharedWith ?? [])])];
  return { kind: "managed", ...common, external, internal, organizations, tree, file: owner.place.file };
}

/** The plane whose gateways it uses, which may be itself. */
export function gatewaysOwner(document: DataPlaneDocument, index: Lookup): DataPlaneDocument {
  return sharedOwner(document, index) ?? document;
}

/** The plane that `sharedFrom` names, if it is there, can be named in a label, and lets this one's organization in. */
export function sharedOwner(document: DataPlaneDocument, index: Lookup): DataPlaneDocument | undefined {
  const { sharedFrom } = document.resource.spec.gateway ?? {};
  if (sharedFrom === undefined) return undefined;
  const owner = index.find("DataPlane", sharedFrom.organization, sharedFrom.name);
  if (owner === undefined || planeKey(planeOf(owner.resource)).length > dnsLabelLimit) return undefined;
  const { sharedWith = [] } = owner.resource.spec.gateway?.manage ?? {};
  return sharedWith.includes(organizationOf(document.resource)) ? owner : undefined;
}

/** Of two organizations, whether they use the same gateways and the first one's word counts there before the second's. */
export function isBefore(a: GatewaysStanding, b: GatewaysStanding): boolean {
  return planeKey(a.plane) === planeKey(b.plane) && a.rank < b.rank;
}
