/**
 * The applied record: what the agent knows it did to a target, kept in the target so that it lives and dies with it
 * (Kubernetes: a ConfigMap in `gitplane-system`). It says what may exist, so a crash orphans nothing.
 */
import { z } from "zod";

const Oid = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);

export const AppliedRecord = z.strictObject({
  format: z.literal(1),
  clusterUid: z.string().min(1),
  /** The last revision whose every path was brought to an end (applied, held or failed). */
  revision: Oid.exactOptional(),
  sequence: z.int().min(0),
  /** Revisions started since `revision`, oldest first: objects of any of them may exist. */
  begun: z.array(Oid).max(1000),
  /** Path to every blob begun since that path last completed: what failed, was held, or still waits to be pruned. */
  exceptions: z.record(z.string(), z.array(Oid)),
  /** Of paths among the exceptions: the blob that was brought to its end last, so what in it was ours is known. */
  completed: z.record(z.string(), Oid).exactOptional(),
  /** Run-once objects that reached a terminal result: never created again. */
  finished: z.record(z.string(), z.strictObject({ uid: z.string(), result: z.string() })),
});
export type AppliedRecord = z.infer<typeof AppliedRecord>;

export function emptyRecord(clusterUid: string): AppliedRecord {
  return { format: 1, clusterUid, sequence: 0, begun: [], exceptions: {}, finished: {} };
}
