/** The health of a whole from its parts; beside the schema, so that a screen needs no schema. */
import type { Health } from "./health.ts";

/** Worst first. Suspended shows through its Healthy siblings, because somebody meant it; Unknown hides nothing. */
const severity: readonly Health[] = ["Degraded", "Missing", "Progressing", "Suspended", "Healthy", "Unknown"];

/** The health of a whole from its parts: the worst one; Unknown for none. */
export function worstHealth(parts: Iterable<Health>): Health {
  const present = new Set(parts);
  return severity.find((health) => present.has(health)) ?? "Unknown";
}
