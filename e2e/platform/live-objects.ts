/** What the cluster really holds for a plane, read with a client that shares nothing with the agent. */
import { z } from "zod";
import type { PlaneId } from "../../schemas/layout.ts";
import { planeKey } from "../../schemas/layout.ts";
import { labelKeys } from "../../schemas/labels.ts";
import type { KubeClient } from "../clusters/kube-client.ts";

const List = z.object({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({
        name: z.string(),
        namespace: z.string().optional(),
        uid: z.string(),
        resourceVersion: z.string(),
        generation: z.number().optional(),
        labels: z.record(z.string(), z.string()).default({}),
      }),
    }),
  ),
});
export type LiveObject = z.infer<typeof List>["items"][number];

const collections: readonly (readonly [kind: string, path: string])[] = [
  ["Namespace", "/api/v1/namespaces"],
  ["Service", "/api/v1/services"],
  ["apps/Deployment", "/apis/apps/v1/deployments"],
  ["networking.k8s.io/NetworkPolicy", "/apis/networking.k8s.io/v1/networkpolicies"],
  ["gateway.networking.k8s.io/HTTPRoute", "/apis/gateway.networking.k8s.io/v1/httproutes"],
];

/** Objects with the plane's label, by id, of every kind that is rendered. */
export async function liveObjects(cluster: KubeClient, plane: PlaneId): Promise<ReadonlyMap<string, LiveObject>> {
  const selector = encodeURIComponent(`${labelKeys.plane}=${planeKey(plane)}`);
  const found = new Map<string, LiveObject>();
  for (const [kind, path] of collections) {
    const { items } = List.parse(await cluster.get(`${path}?labelSelector=${selector}`));
    for (const item of items)
      found.set(
        [kind, item.metadata.namespace, item.metadata.name].filter((part) => part !== undefined).join("/"),
        item,
      );
  }
  return found;
}
