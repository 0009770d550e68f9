/** Templates at their bounds and beyond: a real API server and `gitplane validate` refuse the same ones. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { dump, load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type TemplateCase, templateCases, templateOf } from "../schemas/kubernetes/template-bounds.contract.ts";
import { ApiError } from "./clusters/api-error.ts";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import type { KubeObject } from "./clusters/resource-paths.ts";
import { componentFile, smallPlatform } from "./platform/small-specs.ts";
import { validateFolder } from "./platform/validate-folder.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";

const namespace = "gitplane-template-bounds";
const Fields = z.record(z.string(), z.unknown());

const kinds = {
  deploymentTemplate: { className: "ServiceClass", kind: "Deployment", apiVersion: "apps/v1" },
  serviceTemplate: { className: "ServiceClass", kind: "Service", apiVersion: "v1" },
  hpaTemplate: { className: "ServiceClass", kind: "HorizontalPodAutoscaler", apiVersion: "autoscaling/v2" },
  pdbTemplate: { className: "ServiceClass", kind: "PodDisruptionBudget", apiVersion: "policy/v1" },
  cronJobTemplate: { className: "ScheduledTaskClass", kind: "CronJob", apiVersion: "batch/v1" },
} as const;

const sentence = ({ isRefused, level, fields }: TemplateCase): string =>
  `${isRefused ? "refuse" : "take"} ${fields} of a ${level}`;
const expected = templateCases.map(sentence);

test("the table holds no case twice", () => {
  expect(new Set(templateCases.map(({ level, fields }) => `${level} ${fields}`)).size).toBe(templateCases.length);
});

test.skipIf(sharedKubeconfig === undefined)("a real API server refuses what the table says", async () => {
  await using cluster = new KubeClient(await readKubeconfig(sharedKubeconfig ?? ""));
  await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const found: string[] = [];
  for (const one of templateCases) found.push(sentence({ ...one, isRefused: await isRefused(cluster, one) }));
  await cluster.remove(`/api/v1/namespaces/${namespace}`);
  expect(found).toEqual(expected);
});

describe("gitplane validate", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gitplane-template-bounds-"));
    for (const [path, text] of smallPlatform("default")) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    for (const [index, one] of templateCases.entries())
      await writeFile(join(folder, `c${index}.yaml`), documentsOf(one, `c${index}`));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test("refuses what the table says", () => {
    const refused = new Set(
      validateFolder(folder)
        .filter(({ severity }) => severity === "error")
        .map(({ place }) => place.file),
    );
    const found = templateCases.map((one, index) => sentence({ ...one, isRefused: refused.has(`c${index}.yaml`) }));
    expect(found).toEqual(expected);
  });
});

/** A class with the fields, or a component whose Workload says them. */
function documentsOf(one: TemplateCase, name: string): string {
  if (one.level === "workload") {
    const text = componentFile("default", { name, image: "x" });
    return text.replace("      image: x\n", `      image: x\n      ${one.fields.slice(1, -1)}\n`);
  }
  const { field, spec } = templateOf(one, Fields.parse(load(one.fields)));
  const kind = kinds[field].className;
  return dump({ apiVersion: "openchoreo.dev/v1alpha1", kind, metadata: { name }, spec: { [field]: spec } });
}

/** By server-side apply, dry: what is not valid is refused before anything is stored. */
async function isRefused(cluster: KubeClient, one: TemplateCase): Promise<boolean> {
  const { field, spec } = templateOf(one, Fields.parse(load(one.fields)));
  const { kind, apiVersion } = kinds[field];
  const object: KubeObject = { apiVersion, kind, metadata: { name: "bounds", namespace }, spec: complete(kind, spec) };
  try {
    await cluster.apply(object, { isStrictDryRun: true });
    return false;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return true;
  }
}

/** What the engine and a Workload add: images, labels and the selector. */
function complete(kind: string, spec: object): object {
  const withImages = JSON.parse(
    JSON.stringify(spec).replaceAll('{"name":"main"', '{"image":"x","name":"main"'),
  ) as object; // the same with images
  if (kind === "HorizontalPodAutoscaler")
    return { ...withImages, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "bounds" } };
  if (kind !== "Deployment") return withImages;
  const labels = { app: "bounds" };
  const { template } = withImages as { template: object }; // every Deployment of the table has one
  return { ...withImages, selector: { matchLabels: labels }, template: { metadata: { labels }, ...template } };
}
