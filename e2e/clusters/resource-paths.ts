/**
 * Where an object lives on the API server, by asking the server which resource serves its kind.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 */

import { z } from "zod";

import { ClusterError } from "./cluster-error.ts";

export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
};

export type Get = (path: string, signal: AbortSignal | undefined) => Promise<unknown>;

const resourceListSchema = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
type Resource = z.infer<typeof resourceListSchema>["resources"][number];

/** Remembers kinds once found. A kind not found is asked for again next time, since its definition may come later. */
export class ResourcePaths {
  readonly #get: Get;
  readonly #known = new Map<string, Resource>();

  constructor(get: Get) {
    this.#get = get;
  }

  /** Throws ApiError 404 for a group or version that is not served, `kind-not-served` for a kind it does not hold. */
  async pathOf({ apiVersion, kind, metadata }: KubeObject, signal?: AbortSignal): Promise<string> {
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const key = `${root} ${kind}`;
    const resource = this.#known.get(key) ?? (await this.#discover(root, kind, signal));
    this.#known.set(key, resource);
    const namespace = resource.namespaced ? `namespaces/${encodeURIComponent(metadata.namespace ?? "default")}/` : "";
    return `${root}/${namespace}${resource.name}/${encodeURIComponent(metadata.name)}`;
  }

  async #discover(root: string, kind: string, signal: AbortSignal | undefined): Promise<Resource> {
    const { resources } = resourceListSchema.parse(await this.#get(root, signal));
    const resource = resources.find((candidate) => candidate.kind === kind && !candidate.name.includes("/"));
    if (resource === undefined) {
      throw new ClusterError("kind-not-served", `${root} serves no kind ${kind}`);
    }
    return resource;
  }
}
