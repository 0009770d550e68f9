/** Puts CustomResourceDefinitions into a cluster and waits until their kinds can be used. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { z } from "zod";

import type { KubeClient } from "./kube-client.ts";
import { poll } from "./poll.ts";

export type InstallCrds = {
  readonly client: KubeClient;
  /** A folder of `.yaml` files. */
  readonly folder: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

const crdSchema = z.looseObject({
  apiVersion: z.literal("apiextensions.k8s.io/v1"),
  kind: z.literal("CustomResourceDefinition"),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    group: z.string(),
    names: z.looseObject({ plural: z.string() }),
    versions: z.array(z.looseObject({ name: z.string(), served: z.boolean() })),
  }),
});
type Crd = z.infer<typeof crdSchema>;

const liveCrdSchema = z.object({
  // The server writes null, not an empty list, before the first condition.
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish() }),
});

/**
 * Applies every definition of the folder, all at once, and returns when each is Established and each of its versions is
 * listed by the server, which comes a little later. Throws ApiError, or `timeout`.
 */
export async function installCrds({ client, folder, timeoutMs, signal }: InstallCrds): Promise<void> {
  const crds = await readCrds(folder);
  const install = async (crd: Crd) => {
    await client.apply(crd, { fieldManager: "gitplane-test-crds", force: true, signal });
    await poll({
      what: `the kind of ${crd.metadata.name} becoming usable`,
      timeoutMs,
      signal,
      probe: async (either) => ((await isServed(client, crd, either)) ? true : undefined),
    });
  };
  await Promise.all(crds.map(install));
}

async function readCrds(folder: string): Promise<Crd[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  const texts = await Promise.all(names.map(async (name) => await readFile(join(folder, name), "utf8")));
  return texts.flatMap((text) => loadAll(text)).map((document) => crdSchema.parse(document));
}

async function isServed(client: KubeClient, crd: Crd, signal: AbortSignal): Promise<boolean> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`;
  const { status } = liveCrdSchema.parse(await client.get(path, signal));
  if (!status.conditions?.some(({ type, status }) => type === "Established" && status === "True")) {
    return false;
  }
  const { group, names, versions } = crd.spec;
  const served = versions.filter((version) => version.served);
  const lists = served.map((version) => `/apis/${group}/${version.name}/${names.plural}?limit=1`);
  const answers = await Promise.all(lists.map(async (path) => await client.find(path, signal)));
  return answers.every((answer) => answer !== undefined);
}
