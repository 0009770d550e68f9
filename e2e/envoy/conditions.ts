/** What Envoy Gateway says of the objects that it was given. */
import { z } from "zod";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import type { KubeClient } from "../clusters/kube-client.ts";

const Condition = z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() });
const Parent = z.object({ controllerName: z.string(), conditions: z.array(Condition) });
const Reported = z.object({
  status: z.object({ parents: z.array(Parent).optional(), ancestors: z.array(Parent).optional() }).optional(),
});

/** Those of them that have conditions: routes and policies. */
export function isJudged({ apiVersion, kind }: KubernetesObject): boolean {
  return (
    /^gateway\.(envoyproxy|networking\.k8s)\.io\//.test(apiVersion) &&
    (kind.endsWith("Route") || kind.endsWith("Policy"))
  );
}

/** Why a route is taken by its gateway, or is not; undefined while there is no word yet. */
export async function acceptanceOf(route: KubernetesObject, client: KubeClient): Promise<string | undefined> {
  const { status } = Reported.parse(await client.get(await client.pathOf(route)));
  const conditions = (status?.parents ?? []).flatMap((parent) => parent.conditions);
  return conditions.find(({ type }) => type === "Accepted")?.reason;
}

/**
 * `Kind name: what is wrong` for each that is not accepted whole by its gateway; undefined while one of them has no word yet.
 */
export async function complaintsOf(
  objects: readonly KubernetesObject[],
  client: KubeClient,
): Promise<readonly string[] | undefined> {
  const complaints: string[] = [];
  for (const object of objects) {
    const { status } = Reported.parse(await client.get(await client.pathOf(object)));
    const parents = [...(status?.parents ?? []), ...(status?.ancestors ?? [])];
    if (parents.length === 0) return undefined;
    const bad = parents
      .flatMap(({ conditions }) => conditions)
      .filter(({ type, status: is }) =>
        type === "Accepted" || type === "ResolvedRefs" ? is !== "True" : is !== "False",
      );
    for (const { type, reason, message } of bad)
      complaints.push(`${object.kind} ${object.metadata.name}: ${type} ${reason}: ${message}`);
  }
  return complaints;
}
