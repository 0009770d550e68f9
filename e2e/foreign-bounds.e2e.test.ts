/**
 * Objects as large as the definitions of others take them, and one beyond: a real API server and `gitplane validate` refuse the same
 * ones. And the table that the latter reads is what the server says of itself.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { foreignBounds } from "../schemas/kubernetes/foreign-bounds.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { ApiError } from "./clusters/api-error.ts";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { boundCases } from "./envoy/at-bounds.ts";
import { policies, writeEveryPolicy } from "./envoy/every-policy.ts";
import { componentOf, platformOf, platformOfGuest, project } from "./envoy/gateway-specs.ts";
import { sourcePath } from "./platform/node-program.ts";
import { renderFolders } from "./platform/render-folders.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";
import { validateFolder } from "./platform/validate-folder.ts";

const namespace = "gitplane-foreign-bounds";
const hosts = "{publicVirtualHost: apps.example, organizationVirtualHost: inner.example}";
const platform = platformOf(hosts).replace("networkPolicy: Kubernetes", "networkPolicy: Cilium");

describe.skipIf(sharedKubeconfig === undefined)("the definitions of others on a real API server", () => {
  let cluster: KubeClient;
  let folder: string;

  beforeAll(async () => {
    cluster = new KubeClient(await readKubeconfig(sharedKubeconfig ?? ""));
    folder = await mkdtemp(join(tmpdir(), "gitplane-foreign-bounds-"));
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  });
  afterAll(async () => {
    await cluster.remove(`/api/v1/namespaces/${namespace}`);
    await cluster[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** What the server says against the object; undefined where it takes it. */
  async function refusalOf(object: KubernetesObject): Promise<string | undefined> {
    try {
      const moved = { ...object, metadata: { ...object.metadata, namespace } };
      await cluster.apply(moved, { isStrictDryRun: true, force: true });
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return error.message;
    }
  }

  test("take the largest objects, and none that is larger by one", async () => {
    const { objects, complaints } = await renderFolders([await writeCases(folder, 0)], join(folder, "rendered"));
    expect(complaints).toContain("; 0 errors, ");
    const wrong = [];
    for (const { name, kind, field } of boundCases) {
      const own = objects.filter(
        (object) => object.kind === kind && object.metadata.labels?.["component-name"] === name,
      );
      const size = Math.max(1, ...own.map((object) => sizeAt(object, field)));
      const largest = own.filter((object) => sizeAt(object, field) === size);
      if (largest.length === 0) wrong.push(`${name}: there is no ${kind} with ${field.join(".")}`);
      for (const object of largest) {
        const taken = await refusalOf(object);
        if (taken !== undefined) wrong.push(`${name} is refused: ${taken}`);
        const beyond = await refusalOf(grow(object, field) as KubernetesObject); // the object with one field changed
        if (beyond === undefined || !/Too (many|long)/.test(beyond)) wrong.push(`${name}, larger by one: ${beyond}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("take the largest gateway that a plane can bring", async () => {
    const specs = join(folder, "gateway-specs");
    await mkdir(specs);
    const guests = Array.from({ length: 63 }, (_, index) => `guest-${index}`);
    const ports = (from: number): string => Array.from({ length: 20 }, (_, index) => from + index).join(", ");
    const external = `{http: {}, https: {issuer: {name: ca}}, passthrough: {}, tcp: [${ports(5000)}], udp: [${ports(6000)}]}`;
    const manage = `manage: {external: ${external}, sharedWith: [${guests.join(", ")}]}`;
    await writeFile(join(specs, "platform.yaml"), platformOf(`{publicVirtualHost: apps.example, ${manage}}`));
    for (const guest of guests) {
      const gateway = `{publicVirtualHost: ${guest}.example, sharedFrom: {organization: default, name: eu}}`;
      await writeFile(join(specs, `${guest}.yaml`), platformOfGuest(guest, gateway));
    }
    const { objects } = await renderFolders([specs], join(folder, "gateways"));
    const gateway = objects.find(({ kind }) => kind === "Gateway");
    const certificates = ["spec", "listeners", 1, "tls", "certificateRefs"];
    expect([sizeAt(gateway, ["spec", "listeners"]), sizeAt(gateway, certificates)]).toEqual([43, 64]);
    if (gateway === undefined) throw new Error("there is no Gateway");
    expect(await refusalOf(gateway)).toBeUndefined();
    expect(await refusalOf(grow(gateway, certificates) as KubernetesObject)).toMatch(/Too many/); // with one more
  });

  test("bound every field that is rendered as the table says, and the table has no other", async () => {
    const specs = join(folder, "specs");
    await mkdir(specs);
    await writeEveryPolicy(specs);
    const calls = componentOf("calls", {
      type: "gRPC",
      port: 80,
      policy: `{grpcPolicy: {defaults: ${policies["headers"]}}}`,
    });
    await writeFile(join(specs, "calls.yaml"), calls.replaceAll(`projectName: ${project}`, "projectName: default"));
    const around = ["platform", "stages"].map((part) => sourcePath(`fixtures/surroundings/${part}`));
    const sources = [
      ...["platform", "workload"].map((name) => [sourcePath(`fixtures/${name}`)]),
      [...around, specs],
      [await writeCases(folder, 0)],
    ];
    const found = new Map<string, Map<string, number>>();
    for (const [index, folders] of sources.entries()) {
      const { objects } = await renderFolders(folders, join(folder, `of-${index}`));
      for (const object of objects.filter(({ kind }) => Object.hasOwn(foreignBounds, kind))) {
        const bounds = found.get(object.kind) ?? new Map<string, number>();
        found.set(object.kind, bounds);
        readBounds({ schema: await schemaOf(cluster, object), value: object, field: "" }, bounds);
      }
    }
    expect(Object.fromEntries([...found].map(([kind, bounds]) => [kind, Object.fromEntries(bounds)]))).toEqual(
      foreignBounds,
    );
  });
});

test("gitplane validate refuses each that is larger by one, and none of the largest", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gitplane-beyond-bounds-"));
  const errorsOf = async (more: number): Promise<readonly string[]> =>
    validateFolder(await writeCases(folder, more))
      .filter(({ severity }) => severity === "error")
      .map(({ place, code }) => `${place.file} ${code}`);
  expect(await errorsOf(0)).toEqual([]);
  expect(await errorsOf(1)).toEqual(boundCases.map(({ name, code }) => `${name}.yaml ${code}`).toSorted());
  await rm(folder, { recursive: true });
});

/** Every case in a file of its own, each so much beyond its bound. */
async function writeCases(folder: string, more: number): Promise<string> {
  const path = join(folder, `beyond-${more}`);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "platform.yaml"), platform);
  for (const { name, most, specs } of boundCases) await writeFile(join(path, `${name}.yaml`), specs(most + more));
  return path;
}

type Steps = readonly (string | number)[];

function childOf(value: unknown, step: string | number): unknown {
  return (value as Readonly<Record<string | number, unknown>> | undefined)?.[step]; // maps and lists alike
}

function sizeAt(object: unknown, field: Steps): number {
  const value = field.reduce(childOf, object);
  return typeof value === "string" || Array.isArray(value) ? value.length : 0;
}

/** The value with one more character or item at the field. */
function grow(value: unknown, [step, ...below]: Steps): unknown {
  if (step === undefined) return Array.isArray(value) ? [...value, another(value.at(-1))] : `${String(value)}a`;
  const child = grow(childOf(value, step), below);
  return Array.isArray(value) ? value.with(Number(step), child) : { ...(value as object), [step]: child };
}

/** Another one where items are told apart; methods are not, and there is no other. */
function another(item: unknown): unknown {
  if (typeof item === "string") return /^[A-Z]+$/.test(item) ? item : `${item}a`;
  const { name, ...rest } = item as { readonly name?: string }; // an item is a map or a text
  return name === undefined ? rest : { ...rest, name: `${name}a` };
}

/** As far as it bounds anything. */
type Schema = {
  readonly maxItems?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly maximum?: number | undefined;
  readonly items?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
};

const Schema: z.ZodType<Schema> = z.object({
  maxItems: z.number().optional(),
  maxLength: z.number().optional(),
  maximum: z.number().optional(),
  items: z.lazy(() => Schema).optional(),
  properties: z
    .record(
      z.string(),
      z.lazy(() => Schema),
    )
    .optional(),
});

const OpenApi = z.object({
  components: z.object({
    schemas: z.record(
      z.string(),
      z.looseObject({ "x-kubernetes-group-version-kind": z.array(z.object({ kind: z.string() })).optional() }),
    ),
  }),
});

const read = new Map<string, Schema>();

async function schemaOf(cluster: KubeClient, { apiVersion, kind }: KubernetesObject): Promise<Schema> {
  const known = read.get(kind);
  if (known !== undefined) return known;
  const { components } = OpenApi.parse(await cluster.get(`/openapi/v3/apis/${apiVersion}`));
  const found = Object.values(components.schemas).find((schema) =>
    schema["x-kubernetes-group-version-kind"]?.some((one) => one.kind === kind),
  );
  const schema = Schema.parse(found);
  read.set(kind, schema);
  return schema;
}

/** Of each field that has a value; a map of free keys has no fields. */
function readBounds(
  { schema, value, field }: { readonly schema: Schema; readonly value: unknown; readonly field: string },
  bounds: Map<string, number>,
): void {
  if (Array.isArray(value)) {
    if (schema.maxItems !== undefined) bounds.set(field, schema.maxItems);
    for (const item of value as readonly unknown[])
      if (schema.items !== undefined) readBounds({ schema: schema.items, value: item, field: `${field}[]` }, bounds);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, below] of Object.entries(value)) {
      const known = schema.properties?.[key];
      if (known !== undefined)
        readBounds({ schema: known, value: below, field: field === "" ? key : `${field}.${key}` }, bounds);
    }
  } else {
    const most = typeof value === "string" ? schema.maxLength : schema.maximum;
    if (most !== undefined) bounds.set(field, most);
  }
}
