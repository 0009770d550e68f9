/** Peers of network policies by words that only Cilium knows. */
import type { ResourceOf } from "../../schemas/kinds.ts";
import type { Finding } from "./finding.ts";

/** `path` is where the peers stand. */
export function checkEntities(
  peers: readonly { readonly entity?: string }[],
  path: Finding["path"],
  networkPolicy: ResourceOf<"DataPlane">["spec"]["networkPolicy"],
): readonly Finding[] {
  if (networkPolicy === "Cilium") return [];
  return peers.flatMap(({ entity }, position) =>
    entity === undefined
      ? []
      : [
          {
            code: "unsupported-policy",
            message: `only Cilium knows the entity ${entity}, and networkPolicy says that the plane has none, so nothing is let through for it`,
            remedy: "name its addresses with cidr, or run Cilium and say networkPolicy: Cilium",
            path: [...path, position, "entity"],
          },
        ],
  );
}
