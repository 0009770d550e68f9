/**
 * Fields that planes share. The agent pulls, so no credential of a cluster is needed; the fields that upstream keeps them in
 * are known only to be refused with a Problem of their own.
 */
import { z } from "zod";
import { type PlaneKind, planeKey } from "./layout.ts";
import { dnsLabelLimit } from "./names.ts";

/** Checked by `control/validate`, which has more to say about it than a schema could. */
const refused = {
  "x-kubernetes-validations": [
    { rule: "false", message: "must not be here: Git keeps secrets forever, and the agent needs none" },
  ],
};

export const KubernetesCluster = z.strictObject({
  name: z.string().describe("The cluster's name, for people."),
  credentials: z
    .unknown()
    .exactOptional()
    .meta(refused)
    .describe("Upstream's access to the cluster. Refused: Git keeps secrets forever, and the agent needs none."),
});

export const Observer = z.strictObject({
  url: z.string().describe("Where logs of the plane are asked for."),
  authentication: z
    .unknown()
    .exactOptional()
    .meta(refused)
    .describe("Upstream's user and password. Refused: Git keeps secrets forever."),
});

/**
 * `<kind>.<org>.<plane>` goes into a label. A rule of a CRD sees no namespace, so it can only say what is too long for the
 * shortest organization.
 */
export function planeNameRule(kind: PlaneKind) {
  const limit = dnsLabelLimit - planeKey({ kind, organization: "o", name: "" }).length;
  return {
    rule: `size(self.metadata.name) <= ${limit}`,
    message: `is too long: ${kind}.<organization>.<name> has at most ${dnsLabelLimit} characters`,
    fieldPath: ".metadata.name",
  };
}
