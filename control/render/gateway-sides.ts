/** The two gateways of a plane: which is for which level of exposure, and where a DataPlane speaks of it. */
import type { RoutedLevel } from "../../schemas/service.ts";

export type Gateway = "gateway-external" | "gateway-internal";

type Side = {
  readonly level: RoutedLevel;
  readonly gateway: Gateway;
  /** Of `spec.gateway.manage`. */
  readonly field: string;
  /** The field of `spec.gateway` with the domain below which it answers. */
  readonly virtualHost: string;
};

export const gatewaySides = {
  Public: { level: "Public", gateway: "gateway-external", field: "external", virtualHost: "publicVirtualHost" },
  Organization: {
    level: "Organization",
    gateway: "gateway-internal",
    field: "internal",
    virtualHost: "organizationVirtualHost",
  },
} as const satisfies Record<RoutedLevel, Side>;

/** The field of `spec.gateway.manage` that is about a gateway. */
export function fieldOf(gateway: Gateway): "external" | "internal" {
  return gateway === gatewaySides.Public.gateway ? gatewaySides.Public.field : gatewaySides.Organization.field;
}
