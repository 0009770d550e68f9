import { z } from "zod";
import { documentOf, Name } from "./metadata.ts";

/** The way of a change through the environments. Those that are no path's target are its roots: auto-deploy goes there. */
export const DeploymentPipeline = documentOf(
  "DeploymentPipeline",
  z.strictObject({
    autoDeploy: z.boolean().default(true),
    promotionPaths: z.array(
      z.strictObject({
        sourceEnvironmentRef: Name,
        targetEnvironmentRefs: z.array(
          z.strictObject({
            name: Name,
            requiresApproval: z.boolean().exactOptional(),
            isManualApprovalRequired: z.boolean().exactOptional(),
          }),
        ),
      }),
    ),
  }),
);
export type DeploymentPipeline = z.infer<typeof DeploymentPipeline>;

/** Environments that are a source and no path's target, in the order of their first mention. */
export function rootEnvironments(pipeline: DeploymentPipeline): readonly string[] {
  const paths = pipeline.spec.promotionPaths;
  const targets = new Set(paths.flatMap((path) => path.targetEnvironmentRefs.map((target) => target.name)));
  return [...new Set(paths.map((path) => path.sourceEnvironmentRef))].filter((source) => !targets.has(source));
}
