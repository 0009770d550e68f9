/** `plane.yaml` of a plane's branch: what the control plane tells the agent about the plane itself. */
import { z } from "zod";
import { planeKinds } from "./layout.ts";
import { TransportEncryption } from "./transport-encryption.ts";

export const DriftMode = z.enum(["heal", "report"]);
export type DriftMode = z.infer<typeof DriftMode>;

export const PlaneSettings = z.strictObject({
  format: z.literal(1),
  plane: z.strictObject({ kind: z.enum(planeKinds), organization: z.string(), name: z.string() }),
  /** Row of the agent's policy table. */
  policy: z.enum(planeKinds),
  /** What becomes of a field that somebody else changed. */
  drift: DriftMode,
  /** By name of the environment, where it differs from the plane. */
  environments: z.record(z.string(), z.strictObject({ drift: DriftMode })).exactOptional(),
  /** The tombstone: everything of the plane may be deleted. Without it a plane's tree that empties freezes. */
  decommissioned: z.literal(true).exactOptional(),
  /** What the plane requires of its cluster; the agent says whether it is so. */
  transportEncryption: TransportEncryption.exactOptional(),
  /** A plan that deletes more than `objects`, or more than `shareFloor` that are also over `sharePercent` of the plane's, is held. */
  pruneBudget: z.strictObject({
    objects: z.int().min(0),
    shareFloor: z.int().min(0),
    sharePercent: z.int().min(0).max(100),
  }),
});
export type PlaneSettings = z.infer<typeof PlaneSettings>;

export const defaultPruneBudget: PlaneSettings["pruneBudget"] = { objects: 50, shareFloor: 20, sharePercent: 10 };
