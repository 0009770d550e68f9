/**
 * What an agent writes to its receipts branch: one Receipt per Release, under the Release's own path, and `plane.yaml`
 * about itself.
 */
import { z } from "zod";
import { Health } from "./health.ts";
import { Outcome } from "./outcome.ts";

const Oid = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "an object id of 40 or 64 hexadecimal digits");

export const Receipt = z.strictObject({
  /** The blob of the Release that was applied last, whatever came of it. */
  release: Oid,
  result: Outcome,
  health: Health,
  reason: z.string().max(2000).exactOptional(),
  objects: z.array(
    z.strictObject({
      id: z.string(),
      uid: z.string().exactOptional(),
      result: Outcome,
      health: Health,
      reason: z.string().max(2000).exactOptional(),
    }),
  ),
});
export type Receipt = z.infer<typeof Receipt>;

export const PlaneReceipt = z.strictObject({
  format: z.literal(1),
  agentVersion: z.string(),
  /** Random per process start, so that two agents with one identity can be told apart. */
  instance: z.string(),
  clusterUid: z.string().exactOptional(),
  /** `group/version/Kind`, the core group as `v1/Kind`; sorted. */
  servedApis: z.array(z.string()),
  appliedRevision: Oid.exactOptional(),
  sequence: z.int().min(0),
  /** RFC 3339, UTC, to the second. */
  lastSeen: z.string(),
  /** Why the newest revision was not begun: a rewind, a fork, a sequence that does not grow, something unreadable. */
  refused: z.strictObject({ revision: Oid, reason: z.string().max(2000) }).exactOptional(),
});
export type PlaneReceipt = z.infer<typeof PlaneReceipt>;
