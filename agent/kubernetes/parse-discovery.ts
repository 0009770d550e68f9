/** Aggregated discovery read (Kubernetes: "Aggregated discovery", KEP-3352): which kinds are served, where, and what is stale. */
import { z } from "zod";

export type ServedResource = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Its objects can be listed and deleted: they are kept there, and not made up when asked for. */
  readonly isKept: boolean;
};

export type DiscoveryDocument = {
  /** By `[group/]version/Kind`. */
  readonly resources: ReadonlyMap<string, ServedResource>;
  /** `[group/]version` of which the server knows only what once was, its own server being down. */
  readonly stale: ReadonlySet<string>;
};

const Resource = z.object({
  resource: z.string(),
  responseKind: z.object({ kind: z.string() }).nullish(),
  scope: z.string(),
  verbs: z.array(z.string()).nullish(),
});
const Version = z.object({
  version: z.string(),
  resources: z.array(Resource).nullish(),
  freshness: z.string().optional(),
});
const Group = z.object({
  metadata: z.object({ name: z.string().optional() }).optional(),
  versions: z.array(Version).nullish(),
});
const List = z.object({ kind: z.literal("APIGroupDiscoveryList"), items: z.array(Group).nullish() });

export function apiVersionKey(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

export function resourceKey({ group, version, kind }: { group: string; version: string; kind: string }): string {
  return `${apiVersionKey(group, version)}/${kind}`;
}

/** Undefined for any other document, such as the group list that servers before Kubernetes 1.27 answer with. */
export function parseDiscovery(body: unknown): DiscoveryDocument | undefined {
  const list = List.safeParse(body);
  if (!list.success) return undefined;
  const resources = new Map<string, ServedResource>();
  const stale = new Set<string>();
  for (const group of list.data.items ?? []) {
    const name = group.metadata?.name ?? "";
    for (const version of group.versions ?? []) {
      // Anything but Current is doubt: an absence read from it would be a failed read.
      if ((version.freshness ?? "Current") !== "Current") stale.add(apiVersionKey(name, version.version));
      for (const resource of version.resources ?? [])
        addResource(resources, { name, version: version.version, resource });
    }
  }
  return { resources, stale };
}

/** Two resources may answer with one kind; the one that can be read is the object, the other an action on it. */
function addResource(
  resources: Map<string, ServedResource>,
  { name, version, resource }: { name: string; version: string; resource: z.infer<typeof Resource> },
): void {
  const kind = resource.responseKind?.kind ?? "";
  if (kind === "") return;
  // responseKind's own group and version are empty where they are the document's; for objects they always are.
  const verbs = resource.verbs ?? [];
  const served = {
    group: name,
    version,
    kind,
    plural: resource.resource,
    namespaced: resource.scope === "Namespaced",
    isKept: verbs.includes("list") && verbs.includes("delete"),
  };
  const key = resourceKey(served);
  if (!resources.has(key) || verbs.includes("get")) resources.set(key, served);
}
