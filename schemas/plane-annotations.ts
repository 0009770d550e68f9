/** Annotations of planes and environments that tell their agents what to do. */

/** `heal` or `report`, on a plane of any kind or an Environment: what becomes of a field that somebody else changed. */
export const driftAnnotation = "gitplane.dev/drift";

/** `true` on a plane: its tombstone. Everything of the plane may be deleted. */
export const decommissionAnnotation = "gitplane.dev/decommission";
