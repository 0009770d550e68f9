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
  /** Only the definitions of these API groups. Default: all. */
  readonly groups?: readonly string[];
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

const resourceListSchema = z.object({ resources: z.array(z.object({ name: z.string() })) });

/**
 * Applies the definitions of the folder, all at once, and returns when each of its served versions answers and is
 * listed by discovery. Throws ApiError, or `timeout`.
 */
export async function installCrds({ client, folder, groups, timeoutMs, signal }: InstallCrds): Promise<void> {
  const crds = (await readCrds(folder)).filter(({ spec }) => groups?.includes(spec.group) ?? true);
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

/**
 * Asks for the kind, not for its definition: an Established condition comes before the server answers, and definitions are
 * hundreds of kilobytes long. Discovery follows a moment after the first answer.
 */
async function isServed(client: KubeClient, crd: Crd, signal: AbortSignal): Promise<boolean> {
  const { group, names, versions } = crd.spec;
  for (const { name } of versions.filter((version) => version.served)) {
    const root = `/apis/${group}/${name}`;
    if ((await client.find(`${root}/${names.plural}?limit=1`, signal)) === undefined) {
      return false;
    }
    const list = resourceListSchema.safeParse(await client.find(root, signal));
    if (!list.data?.resources.some((resource) => resource.name === names.plural)) {
      return false;
    }
  }
  return true;
}
