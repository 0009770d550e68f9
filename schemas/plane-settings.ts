/** `plane.yaml` of a plane's branch: what the control plane tells the agent about the plane itself. */
import { z } from "zod";
import { planeKinds } from "./layout.ts";

export const PlaneSettings = z.strictObject({
  format: z.literal(1),
  plane: z.strictObject({ kind: z.enum(planeKinds), organization: z.string(), name: z.string() }),
  /** Row of the agent's policy table. */
  policy: z.enum(planeKinds),
  drift: z.enum(["heal", "report"]),
  /** A plan that deletes more than `objects`, or more than `shareFloor` that are also over `sharePercent` of the plane's, is held. */
  pruneBudget: z.strictObject({
    objects: z.int().min(0),
    shareFloor: z.int().min(0),
    sharePercent: z.int().min(0).max(100),
  }),
});
export type PlaneSettings = z.infer<typeof PlaneSettings>;

export const defaultPruneBudget: PlaneSettings["pruneBudget"] = { objects: 50, shareFloor: 20, sharePercent: 10 };
