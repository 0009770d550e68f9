/** The gateways of a data plane: its own, those of the plane that it shares, or somebody else's, of which nothing is known. */
import { organizationOf, planeOf, type ResourceOf } from "../../schemas/kinds.ts";
import type { PlaneId } from "../../schemas/layout.ts";
import type { GatewaySettings } from "../../schemas/managed-gateways.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, type Traced } from "../load/traced.ts";
import type { Lookup } from "../validate/lookup.ts";

export type DataPlaneDocument = SpecDocument<ResourceOf<"DataPlane">>;

export type Gateways =
  | { readonly kind: "unknown"; readonly plane: PlaneId }
  | {
      readonly kind: "managed";
      /** Whose they are. */
      readonly plane: PlaneId;
      readonly external: GatewaySettings | undefined;
      readonly internal: GatewaySettings | undefined;
      /** Of `spec.gateway.manage`. */
      readonly tree: Traced;
      readonly file: string;
    };

/** Undefined where the plane that should share its gateways does not: the plane that refers to it has that Problem. */
export function gatewaysOf(document: DataPlaneDocument, index: Lookup): Gateways | undefined {
  const isShared = document.resource.spec.gateway?.sharedFrom !== undefined;
  const owner = isShared ? sharedOwner(document, index) : document;
  if (owner === undefined) return undefined;
  const plane = planeOf(owner.resource);
  const { manage } = owner.resource.spec.gateway ?? {};
  const tree = at(owner.tree, "spec", "gateway", "manage");
  if (manage === undefined || tree === undefined) return { kind: "unknown", plane };
  const { external, internal } = manage;
  return { kind: "managed", plane, external, internal, tree, file: owner.place.file };
}

/** The plane that `sharedFrom` names, if it is there and lets this one's organization in. */
export function sharedOwner(document: DataPlaneDocument, index: Lookup): DataPlaneDocument | undefined {
  const { sharedFrom } = document.resource.spec.gateway ?? {};
  if (sharedFrom === undefined) return undefined;
  const owner = index.find("DataPlane", sharedFrom.organization, sharedFrom.name);
  const organization = organizationOf(document.resource);
  return owner?.resource.spec.gateway?.manage?.sharedWith?.includes(organization) === true ? owner : undefined;
}
