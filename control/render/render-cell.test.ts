/** What a cell is made of, and where its pods run, by what DataPlane, Environment and Project say of it. */
import { expect, test } from "vitest";
import { leafOrigins } from "../load/traced.ts";
import { doc, endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

const cell = "dp-default-shop-dev-04d839c4";

type Layers = { plane?: string; environment?: string; project?: string; class?: string };

async function render(given: Layers, ...documents: readonly string[]) {
  const platform = surroundings.map((text) => {
    if (text.includes("kind: DataPlane\n")) return `${text}  cell: ${given.plane ?? "{}"}\n`;
    if (text.includes("name: dev\n")) return `${text}  cell: ${given.environment ?? "{}"}\n`;
    if (text.includes("kind: ServiceClass\n")) return doc("ServiceClass", "default", given.class ?? "");
    return text.includes("kind: Project\n") ? `${text}${given.project ?? ""}` : text;
  });
  return renderTexts(...platform, ...(documents.length === 0 ? service("cart") : documents));
}

async function objectsOf(given: Layers, ...documents: readonly string[]) {
  const { releases, problems } = await render(given, ...documents);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
}

test("each says of it what the ones before did not, and the last word counts", async () => {
  const objects = await objectsOf({
    plane: "{podSecurity: privileged, labels: {a: plane, b: plane}, quota: {pods: 10, requests.cpu: 0.5}}",
    environment: "{podSecurity: baseline, labels: {b: environment, c: environment}, annotations: {note: x}}",
    project:
      "  cell: {labels: {c: project}, limits: [{type: Container, max: {memory: 1Gi}}]}\n  environments: {dev: {podSecurity: restricted, quota: {pods: 20}}}\n",
  });
  const [namespace, limits, quota] = objects;
  expect(namespace?.metadata.labels).toMatchObject({
    a: "plane",
    b: "environment",
    c: "project",
    "pod-security.kubernetes.io/enforce": "restricted",
    "app.kubernetes.io/managed-by": "gitplane",
  });
  expect(namespace?.metadata.annotations).toEqual({ note: "x", "gitplane.dev/release": "cells/shop/dev.yaml" });
  expect([limits, quota].map((one) => [one?.kind, one?.metadata.namespace, one?.metadata.name, one?.["spec"]])).toEqual(
    [
      ["LimitRange", cell, "cell-04d839c4", { limits: [{ type: "Container", max: { memory: "1Gi" } }] }],
      ["ResourceQuota", cell, "cell-04d839c4", { hard: { pods: 20, "requests.cpu": 0.5 } }],
    ],
  );
});

test("each field leads to the line that says it", async () => {
  const { releases } = await render({ plane: "{quota: {pods: 10}}", environment: "{quota: {services: 5}}" });
  const quota = releases.flatMap(({ manifests }) => manifests).find(({ object }) => object.kind === "ResourceQuota");
  const origins = leafOrigins(quota?.tree ?? { kind: "scalar", value: null, origin: { kind: "rule", rule: "route" } });
  const lines = ["/spec/hard/pods", "/spec/hard/services"].map((pointer) => origins.get(pointer));
  expect(lines).toEqual([
    { kind: "field", file: "specs.yaml", line: 14, column: 24 },
    { kind: "field", file: "specs.yaml", line: 22, column: 28 },
  ]);
});

test("a namespace that was there before is not rendered, and everything stands in it", async () => {
  const objects = await objectsOf(
    { project: "  environments: {dev: {namespace: old, quota: {pods: 5}}}\n" },
    ...service("up", { workload: endpointOf("api", "TCP", 80) }),
    ...service("cart", {
      workload:
        '  connections: {up: {type: api, params: {componentName: up, endpoint: api}, inject: {env: [{name: UP, value: "{{ .uri }}"}]}}}\n',
    }),
  );
  expect(objects.map(({ kind }) => kind)).not.toContain("Namespace");
  expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["old"]));
  expect(JSON.stringify(objects)).toContain('"up.old.svc:80"');
});

const scheduling =
  "{scheduling: {nodeSelector: {pool: a, zone: x}, tolerations: [{operator: Exists}], priorityClassName: low, topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule}]}}";
const cart = {
  "organization-name": "default",
  "project-name": "shop",
  "environment-name": "dev",
  "component-name": "cart",
};

test("pods run where the cell says, each component spread by itself", async () => {
  const deployment = (await objectsOf({ environment: scheduling })).find(({ kind }) => kind === "Deployment");
  expect(deployment).toMatchObject({
    spec: {
      template: {
        spec: {
          nodeSelector: { pool: "a", zone: "x" },
          tolerations: [{ operator: "Exists" }],
          priorityClassName: "low",
          topologySpreadConstraints: [
            {
              topologyKey: "zone",
              maxSkew: 1,
              whenUnsatisfiable: "DoNotSchedule",
              labelSelector: { matchLabels: cart },
            },
          ],
        },
      },
    },
  });
});

test("what a class says of its pods wins, field by field", async () => {
  const given =
    "  deploymentTemplate: {template: {spec: {nodeSelector: {pool: b}, tolerations: [], topologySpreadConstraints: [{topologyKey: zone, whenUnsatisfiable: DoNotSchedule, maxSkew: 3}]}}}";
  const objects = await objectsOf({ environment: scheduling, class: given });
  expect(objects.find(({ kind }) => kind === "Deployment")).toMatchObject({
    spec: {
      template: {
        spec: {
          nodeSelector: { pool: "b", zone: "x" },
          tolerations: [],
          priorityClassName: "low",
          topologySpreadConstraints: [{ topologyKey: "zone", maxSkew: 3, labelSelector: { matchLabels: cart } }],
        },
      },
    },
  });
});

test("pods of scheduled tasks run there too", async () => {
  const objects = await objectsOf(
    { environment: "{scheduling: {priorityClassName: low}}" },
    doc("ScheduledTaskClass", "default", '  cronJobTemplate: {schedule: "* * * * *"}'),
    doc("Component", "tidy", "  owner: {projectName: shop}\n  type: ScheduledTask"),
    doc("Workload", "tidy", "  owner: {projectName: shop, componentName: tidy}\n  containers: {main: {image: a}}"),
    doc("ScheduledTask", "tidy", "  owner: {projectName: shop, componentName: tidy}\n  workloadName: tidy"),
  );
  expect(objects.find(({ kind }) => kind === "CronJob")).toMatchObject({
    spec: { jobTemplate: { spec: { template: { spec: { priorityClassName: "low" } } } } },
  });
});
