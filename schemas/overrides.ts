/**
 * What an environment changes of a component: the last word over the class and the Workload, and said in the environment's
 * Binding, where neither auto-deploy nor a promotion touches it. The class limits what may be changed.
 */
import { z } from "zod";
import { Container } from "./container.ts";
import { Cron } from "./cron.ts";
import { SubdomainName } from "./kubernetes/formats.ts";
import { PositiveAmount } from "./kubernetes/quantity.ts";
import { namedMap } from "./named-map.ts";

const everywhere = ["resources", "env", "files", "args", "probes", "securityContext", "volumes"] as const;
const served = ["replicas", "autoscaling", ...everywhere] as const;
const task = ["schedule", ...everywhere] as const;

export type OverrideName = (typeof served)[number] | (typeof task)[number];

/** What may be changed where a class does not say it. */
export const defaultOverrides: readonly OverrideName[] = ["replicas", "resources", "env"];

function allowedOverrides<const Names extends readonly [OverrideName, ...OverrideName[]]>(names: Names) {
  const standing = names.filter((name) => defaultOverrides.includes(name));
  return z
    .array(z.enum(names))
    .max(names.length)
    .exactOptional()
    .describe(`What environments may change (environmentOverrides of Bindings). [${standing.join(", ")}] when absent.`);
}

export const ServedOverrideNames = allowedOverrides(served);
export const TaskOverrideNames = allowedOverrides(task);

const container = Container.pick({
  args: true,
  env: true,
  files: true,
  resources: true,
  livenessProbe: true,
  readinessProbe: true,
  startupProbe: true,
  securityContext: true,
});

const common = {
  containers: namedMap(container)
    .exactOptional()
    .describe("Containers by name, laid over those of the Workload and the class."),
  volumes: namedMap(
    z.strictObject({
      size: PositiveAmount.exactOptional().describe("How much room it has there. It can grow and not shrink."),
      storageClass: SubdomainName.exactOptional().describe("The StorageClass there."),
    }),
  )
    .exactOptional()
    .describe("Persistent volumes of the Workload, by name."),
};

const podLimit = 2_147_483_647;

export const ServedOverrides = z.strictObject({
  replicas: z.int().min(0).max(podLimit).exactOptional().describe("How many pods there are, without an autoscaler."),
  autoscaling: z
    .strictObject({
      minReplicas: z.int().min(0).max(podLimit).exactOptional().describe("How many pods there are at least."),
      maxReplicas: z.int().min(1).max(podLimit).exactOptional().describe("How many pods there are at most."),
    })
    .exactOptional()
    .describe("The bounds of the class's autoscaler."),
  ...common,
});

export const TaskOverrides = z.strictObject({
  schedule: Cron.exactOptional().describe("When it runs there."),
  ...common,
});

export type EnvironmentOverrides = Partial<z.infer<typeof ServedOverrides> & z.infer<typeof TaskOverrides>>;

/** Fewer for one of many DataPlanes: an API server affords a rule for each only as long as all of them can be counted. */
const planeLimits = { containers: 10, settings: 100 };
const { env, files } = container.shape;

/** Of containers on one of the DataPlanes of an environment, laid over those of the environment. */
export const PlaneContainers = namedMap(
  container.extend({
    env: env.unwrap().max(planeLimits.settings).exactOptional().describe("Environment variables."),
    files: files.unwrap().max(planeLimits.settings).exactOptional().describe("Files, read-only."),
  }),
  planeLimits.containers,
);

/** The same for one of the DataPlanes of an environment. */
export type PlaneOverrides = EnvironmentOverrides & {
  readonly domains?: Readonly<Record<string, readonly string[]>>;
};

export const overridesDescription =
  "What is different in this environment: laid over the class and the workload, last, and left alone by auto-deploy and promotion.";
