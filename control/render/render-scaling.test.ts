/** How many pods a service has: the class's autoscaler and disruption budget. */
import { expect, test } from "vitest";
import { doc, owner, renderTexts, service } from "../specs-fixture.contract.ts";
import { errorsOf, platformWith, renderService, serviceOf, specOf } from "./rendered-service.contract.ts";

const scaled =
  "  hpaTemplate: {minReplicas: 2, maxReplicas: 6, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]}";
const budgeted = "  pdbTemplate: {maxUnavailable: 1}";

test("an autoscaler scales the component's Deployment, which then says no number of its own", async () => {
  const platform = platformWith(
    "ServiceClass",
    `  deploymentTemplate: {revisionHistoryLimit: 3, replicas: 4}\n${scaled}`,
  );
  const { errors, objects } = await renderService(platform, ...service("cart"));
  expect(errors).toEqual([]);
  expect(objects.find(({ kind }) => kind === "HorizontalPodAutoscaler")).toMatchObject({
    apiVersion: "autoscaling/v2",
    metadata: { name: "cart" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "cart" },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [{ type: "Resource" }],
    },
  });
  expect(specOf(objects, "Deployment")).not.toHaveProperty("replicas");
  expect(specOf(objects, "Deployment")).toMatchObject({ revisionHistoryLimit: 3 });
});

test("what is suspended has no pods and no autoscaler that would start some", async () => {
  const binding = doc(
    "ServiceBinding",
    "cart-dev",
    `${owner("cart")}  environment: dev\n  releaseState: Suspend\n  workloadSpec: {containers: {main: {image: a}}}`,
  );
  const platform = platformWith("ServiceClass", `${scaled}\n${budgeted}`);
  const { errors, objects } = await renderService(platform, ...service("cart"), binding);
  expect(errors).toEqual([]);
  expect(objects.map(({ kind }) => kind)).toEqual([
    "Namespace",
    "CiliumNetworkPolicy",
    "Deployment",
    "PodDisruptionBudget",
  ]);
  expect(specOf(objects, "Deployment")).toMatchObject({ replicas: 0 });
});

test("a budget is of the component's pods, whatever the class selects", async () => {
  const platform = platformWith("ServiceClass", "  pdbTemplate: {minAvailable: 50%, selector: {matchLabels: {a: b}}}");
  const { errors, objects } = await renderService(platform, ...service("cart"));
  expect(errors).toEqual([]);
  const matchLabels = {
    "organization-name": "default",
    "project-name": "shop",
    "environment-name": "dev",
    "component-name": "cart",
  };
  expect(objects.find(({ kind }) => kind === "PodDisruptionBudget")).toMatchObject({
    apiVersion: "policy/v1",
    metadata: { name: "cart" },
  });
  expect(specOf(objects, "PodDisruptionBudget")).toEqual({ minAvailable: "50%", selector: { matchLabels } });
});

test.for([
  {
    mistake: "fewer pods at most than at least",
    spec: "  hpaTemplate: {minReplicas: 3, maxReplicas: 2}",
    yields: "invalid-template at least 3 pods are asked for, and at most 2",
  },
  {
    mistake: "a budget that says both",
    spec: "  pdbTemplate: {minAvailable: 1, maxUnavailable: 1}",
    yields: "invalid-template the budget has minAvailable and maxUnavailable, and may have only one of them",
  },
  {
    mistake: "a budget that says neither",
    spec: "  pdbTemplate: {unhealthyPodEvictionPolicy: AlwaysAllow}",
    yields: "invalid-template the budget has none of what it may have",
  },
])("refuses $mistake, once, and renders nothing", async ({ spec, yields }) => {
  const rendered = await renderService(platformWith("ServiceClass", spec), ...service("cart"));
  expect(errorsOf(rendered)).toEqual([yields]);
  expect(rendered.objects.filter(({ kind }) => kind !== "Namespace")).toEqual([]);
});

test("storage of one pod and an autoscaler up to six contradict each other", async () => {
  const volume = "  volumes: {data: {persistent: {size: 1Gi, accessModes: [ReadWriteOncePod]}}}\n";
  const documents = serviceOf("volumeMounts: [{name: data, mountPath: /data}]", volume);
  expect(errorsOf(await renderService(platformWith("ServiceClass", scaled), ...documents))).toEqual([
    "invalid-template volume data is of one pod, and up to 6 are to run",
  ]);
});

test("what of a class is not used is a warning at its line", async () => {
  const spec = `  deploymentTemplate: {replicas: 2}
  hpaTemplate: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: a}}
  pdbTemplate: {maxUnavailable: 1, selector: {}}`;
  const { problems } = await renderTexts(...platformWith("ServiceClass", spec));
  const found = problems.map(({ code, severity, message }) => `${severity} ${code} ${message}`);
  const other = "set by the engine, so that pods and selectors always agree; this one is not used";
  expect(found).toEqual([
    "warning reserved-field how many pods there are is the autoscaler's to say; these replicas are not used",
    `warning reserved-field scaleTargetRef is ${other}`,
    `warning reserved-field selector is ${other}`,
  ]);
});

const overridden = (overrides: string): string =>
  doc(
    "ServiceBinding",
    "cart-dev",
    `${owner("cart")}  environment: dev\n  workloadSpec: {containers: {main: {image: a}}}\n  environmentOverrides: ${overrides}`,
  );
const undrained = (budget: string, pods: number): string =>
  `warning invalid-template ${budget} lets none of ${pods} pods be evicted, so no node that one is on can be drained`;

test.for<{ what: string; spec: string; overrides?: string; at?: string; yields?: string }>([
  {
    what: "all of one pod, where nobody says how many there are",
    spec: "  pdbTemplate: {minAvailable: 1}",
    at: "  pdbTemplate: {minAvailable: 1}",
    yields: undrained("minAvailable 1", 1),
  },
  {
    what: "half of one pod",
    spec: "  deploymentTemplate: {replicas: 1}\n  pdbTemplate: {minAvailable: 50%}",
    at: "  pdbTemplate: {minAvailable: 50%}",
    yields: undrained("minAvailable 50%", 1),
  },
  {
    what: "more pods than there are",
    spec: "  deploymentTemplate: {replicas: 2}\n  pdbTemplate: {minAvailable: 3}",
    at: "  pdbTemplate: {minAvailable: 3}",
    yields: undrained("minAvailable 3", 2),
  },
  {
    what: "that none is missing",
    spec: "  deploymentTemplate: {replicas: 5}\n  pdbTemplate: {maxUnavailable: 0%}",
    at: "  pdbTemplate: {maxUnavailable: 0%}",
    yields: undrained("maxUnavailable 0%", 5),
  },
  {
    what: "all pods that an environment has",
    spec: "  deploymentTemplate: {replicas: 3}\n  pdbTemplate: {minAvailable: 2}",
    overrides: "{replicas: 2}",
    at: "  environmentOverrides: {replicas: 2}",
    yields: undrained("minAvailable 2", 2),
  },
  {
    what: "all pods that an autoscaler leaves",
    spec: `${scaled.replace("minReplicas: 2", "minReplicas: 1")}\n  pdbTemplate: {minAvailable: 1}`,
    at: "  pdbTemplate: {minAvailable: 1}",
    yields: undrained("minAvailable 1", 1),
  },
  { what: "none: half of two", spec: "  deploymentTemplate: {replicas: 2}\n  pdbTemplate: {minAvailable: 50%}" },
  { what: "none: a share of one that may be missing", spec: "  pdbTemplate: {maxUnavailable: 1%}" },
  {
    what: "none: where there is no pod",
    spec: "  deploymentTemplate: {replicas: 0}\n  pdbTemplate: {minAvailable: 1}",
  },
])("a budget that asks for $what", async ({ spec, overrides, at, yields }) => {
  const documents = [...service("cart"), ...(overrides === undefined ? [] : [overridden(overrides)])];
  const all = [...platformWith("ServiceClass", spec), ...documents];
  const { problems, releases } = await renderTexts(...all);
  const lines = all.join("---\n").split("\n");
  const told = problems.filter(({ message }) => message.includes("drained"));
  expect(told.map(({ severity, code, message }) => `${severity} ${code} ${message}`)).toEqual(yields ? [yields] : []);
  expect(told.map(({ place }) => lines[place.line - 1])).toEqual(at ? [at] : []);
  expect(releases.map(({ path }) => path)).toContain("releases/shop/dev/cart.yaml");
});
