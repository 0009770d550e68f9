/**
 * The Kubernetes types that class templates stand for, read from what a real API server says of itself (`/openapi/v3`), in
 * the short form of `schemas/kubernetes/types.json`. As a script it boots a cluster and writes that file; a test compares
 * the file with the cluster of the suite.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { compareText } from "../schemas/compare.ts";
import type { KubernetesField, KubernetesType, KubernetesTypes } from "../schemas/kubernetes/type-table.ts";
import { bootClusters, disposeClusters } from "./clusters/clusters.ts";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { findTestSource } from "./clusters/test-source.ts";

export const typesFile = join(import.meta.dirname, "..", "schemas", "kubernetes", "types.json");

const roots = [
  { document: "apis/apps/v1", type: "io.k8s.api.apps.v1.DeploymentSpec" },
  { document: "api/v1", type: "io.k8s.api.core.v1.ServiceSpec" },
  { document: "apis/batch/v1", type: "io.k8s.api.batch.v1.CronJobSpec" },
  { document: "apis/autoscaling/v2", type: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec" },
  { document: "apis/policy/v1", type: "io.k8s.api.policy.v1.PodDisruptionBudgetSpec" },
] as const;

/** As far as the types at hand use JSON Schema. */
type Schema = {
  readonly $ref?: string | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly items?: Schema | undefined;
  readonly additionalProperties?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly "x-kubernetes-list-type"?: string | undefined;
  readonly "x-kubernetes-list-map-keys"?: readonly string[] | undefined;
};

const Schema: z.ZodType<Schema> = z.object({
  $ref: z.string().optional(),
  allOf: z.array(z.lazy(() => Schema)).optional(),
  type: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.string()).optional(),
  items: z.lazy(() => Schema).optional(),
  additionalProperties: z.lazy(() => Schema).optional(),
  properties: z
    .record(
      z.string(),
      z.lazy(() => Schema),
    )
    .optional(),
  required: z.array(z.string()).optional(),
  "x-kubernetes-list-type": z.string().optional(),
  "x-kubernetes-list-map-keys": z.array(z.string()).optional(),
});

const OpenApi = z.object({ components: z.object({ schemas: z.record(z.string(), Schema) }) });

/** Every type that the roots reach, by its short name, sorted. Throws ApiError, or ZodError when the server says it otherwise. */
export async function readKubernetesTypes(client: KubeClient, signal?: AbortSignal): Promise<KubernetesTypes> {
  const found = new Map<string, KubernetesType>();
  for (const { document, type } of roots) {
    const { components } = OpenApi.parse(await client.get(`/openapi/v3/${document}`, signal));
    const waiting = [type as string];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const schema = components.schemas[name];
      if (schema === undefined) throw new Error(`${document} has no schema ${name}`);
      if (found.has(shortName(name))) continue;
      found.set(
        shortName(name),
        readType(schema, (other) => waiting.push(other)),
      );
    }
  }
  return Object.fromEntries([...found].toSorted(([a], [b]) => compareText(a, b)));
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function readType({ properties = {}, required = [] }: Schema, visit: (name: string) => void): KubernetesType {
  const fields = Object.entries(properties).toSorted(([a], [b]) => compareText(a, b));
  return {
    fields: Object.fromEntries(fields.map(([name, field]) => [name, readField(field, visit)])),
    ...(required.length === 0 ? {} : { required: required.toSorted(compareText) }),
  };
}

const special: ReadonlyMap<string, KubernetesField> = new Map<string, KubernetesField>([
  ["Quantity", "quantity"],
  ["IntOrString", "integer or string"],
  ["Time", "date-time"],
  ["FieldsV1", { map: "any" }],
]);

function readField(schema: Schema, visit: (name: string) => void): KubernetesField {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (ref !== undefined) {
    const name = ref.slice(ref.lastIndexOf("/") + 1);
    const known = special.get(shortName(name));
    if (known !== undefined) return known;
    visit(name);
    return { type: shortName(name) };
  }
  if (schema.items !== undefined) {
    const keys = schema["x-kubernetes-list-type"] === "map" ? schema["x-kubernetes-list-map-keys"] : undefined;
    return { list: readField(schema.items, visit), ...(keys === undefined ? {} : { keys }) };
  }
  if (schema.additionalProperties !== undefined) return { map: readField(schema.additionalProperties, visit) };
  if (schema.enum !== undefined) return { enum: schema.enum.toSorted(compareText) };
  if (schema.type === "integer") return schema.format === "int32" ? "int32" : "int64";
  if (schema.type === "string") return schema.format === "byte" ? "base64" : "string";
  if (schema.type === "boolean" || schema.type === "number") return schema.type;
  return "any";
}

if (import.meta.main) {
  const source = await findTestSource("the Kubernetes types");
  const dataDir = await mkdtemp(join(tmpdir(), "gitplane-types-"));
  const clusters = await bootClusters({
    names: ["types"],
    dataDir,
    data: "wipe",
    source,
    audit: false,
    onProgress: (line) => process.stderr.write(`${line}\n`),
    signal: AbortSignal.timeout(1_500_000),
  });
  try {
    const [cluster] = clusters;
    if (cluster === undefined) throw new Error("no cluster can be booted here");
    await using client = new KubeClient(await readKubeconfig(cluster.kubeconfigPath));
    const types = await readKubernetesTypes(client);
    await writeFile(typesFile, `${JSON.stringify(types, undefined, 2)}\n`);
  } finally {
    await disposeClusters(clusters);
    await rm(dataDir, { recursive: true, force: true });
  }
}
