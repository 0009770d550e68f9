import { describe, expect, test } from "vitest";
import { CellSettings } from "./cell-settings.ts";
import { kubernetesTemplate } from "./kubernetes/template.ts";
import { labelKeys, podLabels, releaseAnnotation } from "./labels.ts";
import { objectAnnotations } from "./object-annotations.ts";
import { SecretReference } from "./secret-reference.ts";

const engineKeys = [...Object.values(labelKeys), releaseAnnotation, objectAnnotations.adopted];
const podKeys = Object.keys(podLabels({ organization: "a", project: "a", environment: "a", component: "a" }));
const ownKeys = ["team", "acme.example/team", "app.kubernetes.io/name", "notgitplane.dev/plane"];

const secret = (metadata: object): unknown => ({
  apiVersion: "openchoreo.dev/v1alpha1",
  kind: "SecretReference",
  metadata: { name: "db" },
  spec: { template: { metadata }, data: [{ secretKey: "a", remoteRef: { key: "b" } }] },
});
const pods = (metadata: object): unknown => ({ template: { metadata, spec: { containers: [] } } });
const claim = (metadata: object): unknown => {
  const ephemeral = { volumeClaimTemplate: { metadata, spec: {} } };
  return { template: { spec: { containers: [], volumes: [{ name: "scratch", ephemeral }] } } };
};

describe.for([
  { where: "a SecretReference", schema: SecretReference, of: secret, labels: [...engineKeys, ...podKeys] },
  { where: "a cell", schema: CellSettings, of: (given: object) => given, labels: [...engineKeys, ...podKeys] },
  { where: "a class's pods", schema: kubernetesTemplate("DeploymentSpec"), of: pods, labels: engineKeys },
  {
    where: "a class's jobs",
    schema: kubernetesTemplate("CronJobSpec"),
    of: (metadata: object) => ({ schedule: "@daily", jobTemplate: { metadata } }),
    labels: engineKeys,
  },
  {
    where: "a class's pods of jobs",
    schema: kubernetesTemplate("CronJobSpec"),
    of: (metadata: object) => ({ schedule: "@daily", jobTemplate: { spec: pods(metadata) } }),
    labels: engineKeys,
  },
  { where: "a class's volumes", schema: kubernetesTemplate("DeploymentSpec"), of: claim, labels: engineKeys },
])("$where", ({ schema, of, labels }) => {
  const taken = (given: "labels" | "annotations", keys: readonly string[]): readonly string[] =>
    keys.filter((key) => schema.safeParse(of({ [given]: { [key]: "a" } })).success);

  test("takes labels and annotations of people's own", () => {
    expect({ labels: taken("labels", ownKeys), annotations: taken("annotations", ownKeys) }).toEqual({
      labels: ownKeys,
      annotations: ownKeys,
    });
  });

  test("refuses those that the engine sets", () => {
    expect({ labels: taken("labels", labels), annotations: taken("annotations", engineKeys) }).toEqual({
      labels: [],
      annotations: [],
    });
  });
});

test("a cell is marked as ephemeral by its annotation", () => {
  expect(CellSettings.safeParse({ annotations: { [objectAnnotations.ephemeral]: "true" } }).success).toBe(true);
});
