/**
 * The ways in at other components that a Release holds as it stands in a plane's branch: what `renderBoundaries` wrote for
 * its connections. They are read back from the file, because what stays as it was may be of specs that are no more.
 */
import { z } from "zod";
import { parseStatePath } from "../../schemas/layout.ts";
import { Release } from "../../schemas/release.ts";
import { readStateYaml, writeStateYaml } from "../../schemas/state-yaml.ts";
import { type BindingKey, bindingPath } from "../deploy/binding.ts";

export type Way = {
  /** Of the policy that opens it. */
  readonly id: string;
  readonly target: BindingKey;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
};

/** In the order of the Release; none of a file that is no Release of a component. */
export function readWays(path: string, text: string): readonly Way[] {
  const caller = parseStatePath(path);
  const release = parseRelease(text);
  if (caller?.kind !== "release" || release === undefined) return [];
  const own = bindingPath({ ...caller, organization: release.metadata.namespace });
  return release.spec.resources.flatMap(({ id, object }): readonly Way[] => {
    const policy = readPolicy(object);
    // A component's own policy is about its own pods.
    if (policy === undefined || bindingPath(policy.target) === own) return [];
    return policy.ports.map(({ port, protocol }) => ({ id, target: policy.target, port, protocol }));
  });
}

/** The file of the Release without these of its objects, by id, and all else as it is. */
export function withoutObjects(text: string, ids: ReadonlySet<string>): string {
  const release = parseRelease(text);
  if (release === undefined || ids.size === 0) return text;
  const resources = release.spec.resources.filter(({ id }) => !ids.has(id));
  return writeStateYaml({ ...release, spec: { ...release.spec, resources } });
}

/** Undefined for what no control plane writes. */
function parseRelease(text: string): Release | undefined {
  try {
    return Release.safeParse(readStateYaml(text)).data;
  } catch {
    return undefined; // not YAML of ours
  }
}

const Subject = z
  .object({
    matchLabels: z.object({
      "organization-name": z.string(),
      "project-name": z.string(),
      "environment-name": z.string(),
      "component-name": z.string(),
    }),
  })
  .transform(({ matchLabels }): BindingKey => ({
    organization: matchLabels["organization-name"],
    project: matchLabels["project-name"],
    environment: matchLabels["environment-name"],
    component: matchLabels["component-name"],
  }));

const Ports = z.array(z.object({ port: z.coerce.number(), protocol: z.enum(["TCP", "UDP"]) }));

/** As `kubernetesPolicy` and `ciliumPolicy` write a way in. */
const Policy = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("NetworkPolicy"),
    spec: z.object({ podSelector: Subject, ingress: z.array(z.object({ ports: Ports })) }),
  }),
  z.object({
    kind: z.literal("CiliumNetworkPolicy"),
    spec: z.object({
      endpointSelector: Subject,
      ingress: z.array(z.object({ toPorts: z.array(z.object({ ports: Ports })) })),
    }),
  }),
]);

function readPolicy(
  object: unknown,
): { readonly target: BindingKey; readonly ports: z.infer<typeof Ports> } | undefined {
  const policy = Policy.safeParse(object).data;
  switch (policy?.kind) {
    case "NetworkPolicy":
      return { target: policy.spec.podSelector, ports: policy.spec.ingress.flatMap(({ ports }) => ports) };
    case "CiliumNetworkPolicy": {
      const rules = policy.spec.ingress.flatMap(({ toPorts }) => toPorts);
      return { target: policy.spec.endpointSelector, ports: rules.flatMap(({ ports }) => ports) };
    }
    case undefined:
      return undefined;
  }
}
