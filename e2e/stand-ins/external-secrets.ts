/** Plays External Secrets: the Secrets that rendered ExternalSecrets ask for, and the word on an ExternalSecret. */
import { z } from "zod";
import { KubernetesObject } from "../../schemas/object-id.ts";
import type { KubeClient } from "../clusters/kube-client.ts";

const ExternalSecret = z.object({
  metadata: z.object({ namespace: z.string() }),
  spec: z.object({
    target: z.object({ name: z.string(), template: z.object({ type: z.string() }) }),
    data: z.array(z.object({ secretKey: z.string(), remoteRef: z.object({ key: z.string() }) })),
  }),
});

/** `store` is what is kept, by entry. Throws Error for an entry that is not there. */
export function storedSecrets(
  objects: readonly KubernetesObject[],
  store: Readonly<Record<string, string>>,
): readonly KubernetesObject[] {
  return objects
    .filter(({ kind }) => kind === "ExternalSecret")
    .map((object) => {
      const { metadata, spec } = ExternalSecret.parse(object);
      const { name, template } = spec.target;
      const values = spec.data.map(({ secretKey, remoteRef }) => [secretKey, valueOf(store, remoteRef.key)] as const);
      return {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name, namespace: metadata.namespace },
        type: template.type,
        stringData: Object.fromEntries(values),
      };
    });
}

function valueOf(store: Readonly<Record<string, string>>, entry: string): string {
  const value = store[entry];
  if (value === undefined) throw new Error(`the store has no ${entry}`);
  return value;
}

export type Word = { readonly status: "True" | "False"; readonly reason: string; readonly message: string };

/** Writes whether the ExternalSecret at the path is Ready. */
export async function reportSync(cluster: KubeClient, path: string, word: Word): Promise<void> {
  const { metadata } = KubernetesObject.parse(await cluster.get(path));
  await cluster.request({
    method: "PATCH",
    path: `${path}/status`,
    contentType: "application/merge-patch+json",
    body: {
      status: {
        conditions: [{ type: "Ready", ...word, lastTransitionTime: "2026-01-01T00:00:00Z" }],
        syncedResourceVersion: `${String(metadata["generation"])}-0`,
      },
    },
  });
}
