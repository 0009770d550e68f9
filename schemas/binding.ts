/** What Bindings of every claim kind share: where, how, and the frozen workload. */
import { z } from "zod";
import { UnusedOverrides } from "./claim.ts";
import { planesLimit } from "./environment.ts";
import { HostName } from "./host-name.ts";
import { ComponentOwner, Name } from "./metadata.ts";
import { namedMap } from "./named-map.ts";
import { PlaneContainers } from "./overrides.ts";
import { WorkloadTemplate } from "./workload.ts";

/** The annotation of Bindings that auto-deploy made, which go when their Component goes. */
export const autoDeployMark = { key: "gitplane.dev/made-by", value: "auto-deploy" } as const;

/** What every kind of Binding says of the annotation. */
export const autoDeployed = `One that auto-deploy made has the annotation \`${autoDeployMark.key}: ${autoDeployMark.value}\` and goes when its Component goes.`;

export const releaseStates = ["Active", "Suspend", "Undeploy"] as const;

const Domains = namedMap(z.array(HostName).min(1).max(16));

/** `overrides` are those of the kind of Binding. */
export function planeOverrides<Fields extends z.core.$ZodLooseShape>(overrides: z.ZodObject<Fields>) {
  const domains = Domains.exactOptional().describe(
    "Domains of its own there, endpoint by endpoint in place of domains.",
  );
  const containers = PlaneContainers.exactOptional().describe(
    "Containers by name, laid over those of environmentOverrides.",
  );
  return namedMap(overrides.extend({ containers, domains }), planesLimit)
    .exactOptional()
    .describe(
      "What is different on one of several DataPlanes, by its name: laid over environmentOverrides, limited by the class as they are, and left alone by auto-deploy and promotion.",
    );
}

export const BindingSpec = z.strictObject({
  owner: ComponentOwner.describe("The component that is placed."),
  environment: Name.describe("The Environment that it is placed in."),
  className: Name.default("default").describe("The class whose template the workload is laid over."),
  classHash: z
    .string()
    .regex(/^[0-9a-f]{32}$/, { error: "must be 32 hexadecimal digits" })
    .exactOptional()
    .describe("The pin: hash of the class's canonical spec. Without it the Binding follows the class."),
  workloadSpec: WorkloadTemplate.describe("The workload, frozen as it should run there."),
  domains: Domains.default({}).describe(
    "Domains of its own for endpoints in this environment, by the endpoint's name, beside the host that every endpoint with a route has. They answer at the outermost level that the endpoint is exposed to; below one, paths are those of the container.",
  ),
  overrides: UnusedOverrides.exactOptional().describe(
    "Upstream's map of switches. Accepted with a warning and not used; what is used is environmentOverrides.",
  ),
  releaseState: z
    .enum(releaseStates)
    .default("Active")
    .describe("Active runs it, Suspend keeps it without pods or runs, Undeploy takes it away."),
});
