/** The health of a plane, an environment or a component from its Releases. */
import type { Health } from "../../schemas/health.ts";
import { worstHealth } from "../../schemas/worst-health.ts";

/** A component that somebody suspended does not make the whole suspended. */
export function planeHealth(releases: readonly { readonly health: Health }[]): Health {
  const active = releases.filter(({ health }) => health !== "Suspended");
  return worstHealth((active.length > 0 ? active : releases).map(({ health }) => health));
}
