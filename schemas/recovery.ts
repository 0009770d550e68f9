/**
 * A person's word that machines may go on after history was lost, at `.gitplane/recoveries/<hash>.yaml` in the specs
 * repository, so that Git says who said so and when. `gitplane recover` writes it. It names exactly what was lost: it
 * unlocks nothing else, and standing there for ever does no harm.
 */
import { z } from "zod";
import { parsePlane, planePath } from "./layout.ts";
import { apiVersion } from "./metadata.ts";

const recoveriesFolder = ".gitplane/recoveries/";

/** Whether a file of the specs repository is read as a Recovery. */
export function isPlacedRecovery(path: string): boolean {
  return path.startsWith(recoveriesFolder) && /\.ya?ml$/.test(path);
}

/** Where a Recovery stands; `hash` is of what it says, so that two people who say the same write one file. */
export function recoveryPath(hash: string): string {
  return `${recoveriesFolder}${hash}.yaml`;
}

const Oid = z
  .string()
  .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, { error: "must be a commit's id of 40 or 64 hexadecimal digits" });

const header = {
  apiVersion: z.literal(apiVersion).describe("The version of the vocabulary."),
  kind: z.literal("Recovery").describe("What kind of thing the document describes."),
};

/** The specs branch was rewritten: planes stand on a commit that is in its history no more. */
const RewrittenSpecs = z.strictObject({
  ...header,
  from: z.literal("rewritten-specs").describe("What was lost."),
  specsCommit: Oid.describe("The lost specs commit, which planes were rendered from: publishing goes on from there."),
});

/** The state repository was restored from a backup: an agent has applied a revision that is in its branch no more. */
const RestoredState = z.strictObject({
  ...header,
  from: z.literal("restored-state").describe("What was lost."),
  plane: z
    .string()
    .refine((text) => text.includes("/") && parsePlane(text) !== undefined, {
      error: "must be a plane, as <kind>/<organization>/<name>",
    })
    .describe("The plane, as `<kind>/<organization>/<name>`."),
  appliedRevision: Oid.describe("The lost revision, which its agent has applied."),
  sequence: z.int().min(1).describe("The sequence of that revision: the next one is higher."),
});

export const Recovery = z.discriminatedUnion("from", [RewrittenSpecs, RestoredState]);
export type Recovery = z.infer<typeof Recovery>;
export type RewrittenSpecs = z.infer<typeof RewrittenSpecs>;
export type RestoredState = z.infer<typeof RestoredState>;

/** For one plane of a restored state repository, whatever revision of it was lost. */
export function isOfPlane(recovery: Recovery, plane: Parameters<typeof planePath>[0]): recovery is RestoredState {
  return recovery.from === "restored-state" && recovery.plane === planePath(plane);
}
