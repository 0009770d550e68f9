/**
 * `admissions.yaml` of a plane's branch: paths for which the specs alone do not decide what stands in the tree, and what they
 * were decided by. An entry changes only with its decision, so that waiting makes no commits.
 */
import { z } from "zod";
import { parsePlane, type PlaneId } from "./layout.ts";

export const admissionsFile = "admissions.yaml";

const Oid = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "an object id of 40 or 64 hexadecimal digits");
const plane = z.string().max(200);
/** One by itself, as most are. */
const planes = z.union([plane, z.array(plane).min(2)]);

export const Admission = z.discriminatedUnion("decision", [
  /**
   * Its environment moved to other planes, and not on all of them is it seen to be healthy yet: it stays here as it was. So it
   * does while others stand here that connect to it and are to leave too: `caller` is the path of the first of them.
   */
  z.strictObject({ decision: z.literal("kept"), movedTo: planes, caller: z.string().max(300).exactOptional() }),
  /**
   * The same, where the receipts of both planes name one cluster and the other's, at this commit, say that its agent has tried
   * this very Release: the agent here changes nothing of it any more and passes its objects on, to that plane alone.
   */
  z.strictObject({ decision: z.literal("handed"), handedTo: plane, clusterUid: z.string().max(200), receipts: Oid }),
  /** It left this plane, because the receipts of the others said so; they stood at these commits, in the same order. */
  z.strictObject({
    decision: z.literal("withdrawn"),
    movedTo: planes,
    receipts: z.union([Oid, z.array(Oid).min(2)]),
  }),
  /**
   * What another organization has at the gateways here. Environments of its that left these planes are still served there, by hosts
   * that stand in its certificate: it stays here as it was.
   */
  z.strictObject({ decision: z.literal("served"), by: planes }),
]);
export type Admission = z.infer<typeof Admission>;

export const Admissions = z.strictObject({ format: z.literal(1), paths: z.record(z.string(), Admission) });
export type Admissions = z.infer<typeof Admissions>;

const Handed = Admission.options[1];

/**
 * By path: the plane that it is handed to, of the content of an `admissions.yaml`. Whatever else stands there decides nothing
 * for an agent, so what this version does not know keeps no other entry from being understood.
 */
export function handedPaths(admissions: unknown): ReadonlyMap<string, PlaneId> {
  const { data } = z.object({ paths: z.record(z.string(), z.unknown()) }).safeParse(admissions);
  const handed = new Map<string, PlaneId>();
  for (const [path, entry] of Object.entries(data?.paths ?? {})) {
    const to = parsePlane(Handed.safeParse(entry).data?.handedTo ?? "");
    if (to !== undefined) handed.set(path, to);
  }
  return handed;
}
