/**
 * Fields that planes share. The agent pulls, so no credential of a cluster is needed; the fields that upstream keeps them in
 * are known only to be refused with a Problem of their own.
 */
import { z } from "zod";

export const KubernetesCluster = z.strictObject({
  name: z.string().describe("The cluster's name, for people."),
  credentials: z
    .unknown()
    .exactOptional()
    .describe("Upstream's access to the cluster. Refused: Git keeps secrets forever, and the agent needs none."),
});

export const Observer = z.strictObject({
  url: z.string().describe("Where logs of the plane are asked for."),
  authentication: z
    .unknown()
    .exactOptional()
    .describe("Upstream's user and password. Refused: Git keeps secrets forever."),
});
