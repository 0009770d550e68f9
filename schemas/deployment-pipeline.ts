import { z } from "zod";
import { documentOf, Name } from "./metadata.ts";

const pathLimit = 64;

/** `control/validate/check-pipeline.ts` finds longer rounds too; to a rule of a CRD they cost too much. */
const noReturn = {
  rule: "self.all(path, !path.targetEnvironmentRefs.exists(target, target.name == path.sourceEnvironmentRef))",
  message: "promotion goes round: a path leads back to where it starts",
};

export const DeploymentPipeline = documentOf(
  "DeploymentPipeline",
  z.strictObject({
    autoDeploy: z
      .boolean()
      .default(true)
      .describe("Whether what lands on the branch is deployed to the environments that no path leads to."),
    promotionPaths: z
      .array(
        z.strictObject({
          sourceEnvironmentRef: Name.describe("The Environment that a change comes from."),
          targetEnvironmentRefs: z
            .array(
              z.strictObject({
                name: Name.describe("The Environment that a change goes to."),
                requiresApproval: z
                  .boolean()
                  .exactOptional()
                  .describe("Whether a person must agree. Not enforced by this version."),
                isManualApprovalRequired: z.boolean().exactOptional().describe("Upstream's other word for it."),
              }),
            )
            .max(pathLimit)
            .describe("Where a change may go from there."),
        }),
      )
      .max(pathLimit)
      .meta({ "x-kubernetes-validations": [noReturn] })
      .describe("The ways of a change, each from one environment to others."),
  }),
).describe(
  "The way of a change through the environments. Those that are no path's target are its roots: auto-deploy goes there.",
);
export type DeploymentPipeline = z.infer<typeof DeploymentPipeline>;

/** Environments that are a source and no path's target, in the order of their first mention. */
export function rootEnvironments(pipeline: DeploymentPipeline): readonly string[] {
  const paths = pipeline.spec.promotionPaths;
  const targets = new Set(paths.flatMap((path) => path.targetEnvironmentRefs.map((target) => target.name)));
  return [...new Set(paths.map((path) => path.sourceEnvironmentRef))].filter((source) => !targets.has(source));
}
