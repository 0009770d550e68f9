/** Health of an object, a Release or a plane. */
import { z } from "zod";

export const healthValues = ["Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"] as const;
export const Health = z.enum(healthValues);
export type Health = z.infer<typeof Health>;

/** Worst first. Suspended shows through its Healthy siblings, because somebody meant it; Unknown hides nothing. */
const severity: readonly Health[] = ["Degraded", "Missing", "Progressing", "Suspended", "Healthy", "Unknown"];

/** The health of a whole from its parts: the worst one; Unknown for none. */
export function worstHealth(parts: Iterable<Health>): Health {
  const present = new Set(parts);
  return severity.find((health) => present.has(health)) ?? "Unknown";
}
