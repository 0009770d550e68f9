/**
 * What an environment changes of a component: the last word over the class and the Workload, and said in the environment's
 * Binding, where neither auto-deploy nor a promotion touches it. The class limits what may be changed.
 */
import { z } from "zod";
import { Container } from "./container.ts";
import { Cron } from "./cron.ts";
import { SubdomainName } from "./kubernetes/formats.ts";
import { Amounts } from "./kubernetes/limits.ts";
import { PositiveAmount, quantityOf } from "./kubernetes/quantity.ts";
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

const podLimit = 2_147_483_647;
const unordered = "must not be less than min";

/** Of whole numbers. */
const CountLimits = z
  .strictObject({
    min: z.int().min(0).max(podLimit).exactOptional().describe("The least."),
    max: z.int().min(0).max(podLimit).exactOptional().describe("The most."),
  })
  .refine(({ min = 0, max = podLimit }) => min <= max, { error: unordered, path: ["max"] })
  .meta({
    "x-kubernetes-validations": [
      { rule: "!has(self.min) || !has(self.max) || self.min <= self.max", message: unordered, fieldPath: ".max" },
    ],
  });

const taskLimits = z.strictObject({
  resources: z
    .strictObject({
      min: Amounts.exactOptional().describe("The least by resource."),
      max: Amounts.exactOptional().describe("The most by resource."),
    })
    .superRefine(({ min = {}, max = {} }, context) => {
      for (const [name, most] of Object.entries(max))
        if ((quantityOf(min[name]) ?? 0) > (quantityOf(most) ?? 0))
          context.addIssue({ code: "custom", path: ["max", name], message: unordered });
    })
    .exactOptional()
    .describe("Of requests and limits alike, of each container."),
  volumes: z
    .strictObject({
      min: PositiveAmount.exactOptional().describe("The least."),
      max: PositiveAmount.exactOptional().describe("The most."),
    })
    .refine(({ min, max }) => max === undefined || (quantityOf(min) ?? 0) <= (quantityOf(max) ?? 0), {
      error: unordered,
      path: ["max"],
    })
    .exactOptional()
    .describe("Of the size of each persistent volume."),
});
const limitsDescription =
  "How far Workloads, workloadSpec of Bindings, and environments may go. What is not bounded here they may say at will.";

export const TaskOverrideLimits = taskLimits.exactOptional().describe(limitsDescription);
export const ServedOverrideLimits = taskLimits
  .extend({
    replicas: CountLimits.exactOptional().describe("Of replicas."),
    autoscaling: CountLimits.exactOptional().describe("Of minReplicas and maxReplicas."),
  })
  .exactOptional()
  .describe(limitsDescription);

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
