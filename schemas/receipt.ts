/**
 * What an agent writes to its receipts branch: one Receipt per Release, under the Release's own path, and `plane.yaml`
 * about itself.
 */
import { z } from "zod";
import { Health } from "./health.ts";
import { Hold } from "./hold.ts";
import { Outcome } from "./outcome.ts";
import { EncryptionReport } from "./transport-encryption.ts";

const Oid = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "an object id of 40 or 64 hexadecimal digits");

/** One change of RFC 6902, of the kinds that tell a difference. `value` is masked in what may hold a secret. */
export const PatchOperation = z.strictObject({
  op: z.enum(["add", "remove", "replace"]),
  path: z.string().max(1000),
  value: z.unknown().optional(),
});
export type PatchOperation = z.infer<typeof PatchOperation>;

export const Drift = z.strictObject({
  /** From the object as rendered to the object as it was found, in the fields that are ours. */
  patch: z.array(PatchOperation).max(50),
  /** Who owns those fields now, with the time that the API server notes for it (RFC 3339). */
  by: z.array(z.strictObject({ manager: z.string().max(200), at: z.string().max(40).exactOptional() })).max(20),
  /** Whether the agent put it right. */
  healed: z.boolean(),
});
export type Drift = z.infer<typeof Drift>;

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
      /** The last difference that somebody else made. */
      drift: Drift.exactOptional(),
    }),
  ),
});
export type Receipt = z.infer<typeof Receipt>;

export const PlaneReceipt = z.strictObject({
  format: z.literal(1),
  agentVersion: z.string(),
  /** Random per process start, so that two agents with one identity can be told apart. */
  instance: z.string(),
  /** Fencing token: grows whenever another process takes the plane over; what has a lesser one is of the past. */
  term: z.int().min(0).exactOptional(),
  /** The process stopped in good order: whoever comes next need not ask. */
  ended: z.literal(true).exactOptional(),
  /** Another process with this identity, which wants to know whether this one lives. */
  asks: z.string().exactOptional(),
  clusterUid: z.string().exactOptional(),
  /** `group/version/Kind`, the core group as `v1/Kind`; sorted. */
  servedApis: z.array(z.string()),
  appliedRevision: Oid.exactOptional(),
  sequence: z.int().min(0),
  /** RFC 3339, UTC, to the second. */
  lastSeen: z.string(),
  /** Where the plane requires encryption between the nodes: whether it is on. */
  encryption: EncryptionReport.exactOptional(),
  /** What waits for a person's approval, by hash. */
  holds: z.array(Hold).max(100).exactOptional(),
  /** Why the newest revision was not begun: a rewind, a fork, a sequence that does not grow, something unreadable. */
  refused: z.strictObject({ revision: Oid, reason: z.string().max(2000) }).exactOptional(),
});
export type PlaneReceipt = z.infer<typeof PlaneReceipt>;
