/** When a cluster can be used: its server is ready, a pod would be admitted, and there is a node to put it on. */

import { z } from "zod";

import { ApiError } from "./api-error.ts";
import { ClusterError } from "./cluster-error.ts";
import type { KubeClient } from "./kube-client.ts";
import { poll } from "./poll.ts";

export type Wait = { readonly client: KubeClient; readonly timeoutMs: number; readonly signal: AbortSignal };

const nodeName = "node-1";

const nodeSchema = z.object({
  spec: z.object({ taints: z.array(z.object({ key: z.string() })).nullish() }).nullish(),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish() }),
});

/** A server that does not answer yet, or answers that it is not ready, is waited for; being refused is an error. */
export async function waitUntilReady({ client, timeoutMs, signal }: Wait): Promise<void> {
  const probe = async (either: AbortSignal) => {
    try {
      await client.get("/readyz", either);
      return true;
    } catch (error) {
      if (error instanceof ClusterError && error.code === "unreachable") {
        return undefined;
      }
      // Until its own roles are stored, the server refuses even its administrator.
      if (error instanceof ApiError && (error.status === 403 || error.status >= 500)) {
        return undefined;
      }
      throw error;
    }
  };
  await poll({ what: "the API server becoming ready", timeoutMs, signal, probe });
}

/** Without the namespace's own account, which the controller manager makes, the server refuses every pod. */
export async function waitForServiceAccount({ client, timeoutMs, signal }: Wait): Promise<void> {
  await poll({
    what: "the controller manager making the default service account",
    timeoutMs,
    signal,
    probe: async (either) => await client.find("/api/v1/namespaces/default/serviceaccounts/default", either),
  });
}

/** Makes the node that KWOK plays, and waits until the scheduler may use it. Its size is KWOK's default: more than a test needs. */
export async function startNode({ client, timeoutMs, signal }: Wait): Promise<void> {
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: nodeName,
      labels: {
        "kubernetes.io/hostname": nodeName,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        type: "kwok",
      },
    },
  };
  const path = `/api/v1/nodes/${nodeName}`;
  await client.apply(node, { fieldManager: "gitplane-test-cluster", force: true, signal });
  await poll({
    what: "the node becoming ready",
    timeoutMs,
    signal,
    probe: async (either) => {
      const { spec, status } = nodeSchema.parse(await client.get(path, either));
      const isReady = status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
      return isReady && (spec?.taints ?? []).length === 0 ? true : undefined;
    },
  });
}
