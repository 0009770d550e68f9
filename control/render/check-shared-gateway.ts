/**
 * An endpoint for its organization at a gateway that others use too. To the gateway a caller is an address, to the component
 * everybody is the gateway: neither can tell whose a caller is, and no network policy can, so whoever reaches the gateway reaches
 * the endpoint. Only what the caller brings tells it. A warning, because organizations of one company often mean just that.
 */
import type { Problem } from "../../schemas/problem.ts";
import { at } from "../load/traced.ts";
import { placeOf, placeOr } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { effectivePolicy } from "./effective-policy.ts";
import { gatewaySides } from "./gateway-sides.ts";
import type { PlannedRoute } from "./plan-routes.ts";

const shownLimit = 3;

/** One for each API. */
export function checkSharedGateway(routes: readonly PlannedRoute[], resolved: Resolved): readonly Problem[] {
  const { gateways, binding } = resolved;
  if (gateways.kind === "unknown") return [];
  const others = gateways.organizations.filter((organization) => organization !== binding.organization);
  if (others.length === 0) return [];
  const apis = new Set(routes.flatMap(({ guarded }) => (guarded?.level === "Organization" ? [guarded.api] : [])));
  const sharing = at(gateways.tree, "sharedWith") ?? gateways.tree;
  const shown = others.slice(0, shownLimit).join(", ");
  const more = others.length > shownLimit ? ` and ${others.length - shownLimit} more` : "";
  const where = `${gatewaySides.Organization.gateway} of ${planeKey(gateways.standing.plane)}`;
  return [...apis]
    .filter((api) => !asksWho(api, resolved))
    .map((api): Problem => {
      const tree = at(binding.apisTree, api);
      const cause = at(tree, "exposeLevels") ?? at(tree, "rest", "exposeLevels") ?? tree;
      return {
        code: "shared-gateway",
        severity: "warning",
        message: `API ${api} of ${binding.component} is for its Organization, and callers of ${shown}${more} reach it too, at ${where}`,
        place: placeOr(cause, binding.place),
        remedy: "let its APIClass say authentication for the organization, or bring gateways that are not shared",
        ...relatedTo([{ place: placeOf(sharing.origin, gateways.file), message: "the gateways are shared here" }]),
      };
    });
}

/** Whether callers have to show who they are. */
function asksWho(api: string, { apiClasses, binding }: Resolved): boolean {
  const [apiClass, said] = [apiClasses.get(api), binding.apis[api]];
  if (apiClass === undefined || said === undefined) return false;
  return effectivePolicy(apiClass, { level: "Organization", type: said.type }).policy.authentication !== undefined;
}
