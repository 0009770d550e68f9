/** What a route answers at a gateway, and so no other route may: a host and path, or a port. */
import { planeKey } from "../../schemas/layout.ts";
import type { GatewaysStanding } from "../resolve/gateways.ts";
import type { Gateway } from "./gateway-sides.ts";

/** Who says the host: a Binding, as a domain; its plane, as virtual host; or the plane that brings the gateways, as its own too. */
export type HostFrom = "domain" | "plane" | "owner";

export type Claimed = {
  readonly gateway: Gateway;
  /** Whose gateways they are. */
  readonly gateways: GatewaysStanding;
} & (
  | {
      readonly kind: "path";
      readonly host: string;
      readonly path: string;
      readonly route: "HTTP" | "gRPC";
      readonly hostFrom: HostFrom;
    }
  /** Passed through by its server name, on a port that no other kind of route shares. */
  | { readonly kind: "server-name"; readonly host: string }
  /** Every plane has all ports. */
  | { readonly kind: "port"; readonly protocol: "TCP" | "UDP"; readonly port: number }
);

/** Two gateways of one host name are still two: each has an address of its own. */
export function claimedKey(claimed: Claimed): string {
  return `${claimed.gateway} ${keyWithin(claimed)}`;
}

function keyWithin(claimed: Claimed): string {
  switch (claimed.kind) {
    case "path":
      return `${claimed.host}${claimed.path}`;
    case "server-name":
      return `tls ${claimed.host}`;
    case "port":
      return `${planeKey(claimed.gateways.plane)} ${claimed.protocol} ${claimed.port}`;
  }
}

export type ClaimedPath = Extract<Claimed, { readonly kind: "path" }>;

/** Routes of one host at one gateway. */
export function hostKey({ gateway, host }: ClaimedPath): string {
  return `${gateway} ${host}`;
}

export function isClaimedPath(claimed: Claimed): claimed is ClaimedPath {
  return claimed.kind === "path";
}

/** For people. */
export function describeClaimed(claimed: Claimed): string {
  switch (claimed.kind) {
    case "path":
      return `${claimed.host}${claimed.path}`;
    case "server-name":
      return `the server name ${claimed.host}`;
    case "port":
      return `${claimed.protocol} port ${claimed.port} of ${claimed.gateway}`;
  }
}

/** The first that stands twice. */
export function findClash(claims: readonly Claimed[]): Claimed | undefined {
  const seen = new Set<string>();
  return claims.find((claimed) => {
    const key = claimedKey(claimed);
    const isTaken = seen.has(key);
    seen.add(key);
    return isTaken;
  });
}

/** The first host that is asked for by HTTP and by gRPC: a gateway lets only one of the two have it (Gateway API, "Cross Serving"). */
export function findSharedHost(claims: readonly Claimed[]): string | undefined {
  const routes = new Map<string, ClaimedPath["route"]>();
  return claims.filter(isClaimedPath).find((claimed) => {
    const key = hostKey(claimed);
    const known = routes.get(key) ?? claimed.route;
    routes.set(key, known);
    return known !== claimed.route;
  })?.host;
}
