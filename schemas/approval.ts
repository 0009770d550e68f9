/**
 * A person's word for the steps of one Hold, at `.gitplane/approvals/<hash>.yaml` in the specs repository: who said so and
 * when is the commit's author and time. The control plane carries the file into the plane's tree, byte for byte, as
 * `approvals/<hash>.yaml`. It names the steps themselves, so it unlocks nothing else, and standing there for ever does no harm.
 */
import { z } from "zod";
import { HeldStep, holdLimit } from "./hold.ts";
import { parsePlane } from "./layout.ts";
import { apiVersion } from "./metadata.ts";

const specsFolder = ".gitplane/approvals/";
const planeFolder = "approvals/";

export const Approval = z.strictObject({
  apiVersion: z.literal(apiVersion).describe("The version of the vocabulary."),
  kind: z.literal("Approval").describe("What kind of thing the document describes."),
  plane: z
    .string()
    .refine((text) => text.includes("/") && parsePlane(text) !== undefined, {
      error: "must be a plane, as <kind>/<organization>/<name>",
    })
    .describe("The plane, as `<kind>/<organization>/<name>`."),
  reason: z.string().max(1000).exactOptional().describe("Why, for whoever reads it later."),
  steps: z.array(HeldStep).min(1).max(holdLimit).describe("The steps that may be taken, as the Hold lists them."),
});
export type Approval = z.infer<typeof Approval>;

/** Whether a file of the specs repository is read as an Approval. */
export function isPlacedApproval(path: string): boolean {
  return path.startsWith(specsFolder) && /\.ya?ml$/.test(path);
}

/** Where an Approval stands in the specs repository. */
export function approvalPath(hash: string): string {
  return `${specsFolder}${hash}.yaml`;
}

/** Where it stands in the plane's tree. */
export function carriedApprovalPath(hash: string): string {
  return `${planeFolder}${hash}.yaml`;
}

/** Inverse of carriedApprovalPath; undefined for any other path. */
export function parseCarriedApproval(path: string): string | undefined {
  return /^approvals\/([0-9a-f]{32})\.yaml$/.exec(path)?.[1];
}
