/** The least that applying objects can cost a client: server-side applies one after the other, so many at once, and nothing else. */
import { Pool } from "undici";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { type Kubeconfig } from "../clusters/kubeconfig.ts";

export type BareLoop = {
  readonly kubeconfig: Kubeconfig;
  readonly objects: readonly KubernetesObject[];
  /** Requests at once, each with a connection of its own: HTTP/1.1, which Node.js does for less than HTTP/2. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
};

/** Milliseconds from the first request to the last answer. Throws when one is refused. */
export async function runBareLoop({ kubeconfig, objects, concurrency, signal }: BareLoop): Promise<number> {
  const { serverUrl, token, certificateAuthority: ca } = kubeconfig;
  const connect = ca === undefined ? {} : { ca };
  const pool = new Pool(serverUrl, { connections: concurrency, allowH2: false, connect });
  const headers = {
    authorization: `Bearer ${token ?? ""}`,
    "content-type": "application/apply-patch+yaml",
    accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    "user-agent": "bare-loop",
  };
  const rest = objects.values();
  const started = performance.now();
  const work = async (): Promise<void> => {
    for (const object of rest) {
      const path = `${pathOf(object)}?fieldManager=bare&force=false&fieldValidation=Strict`;
      const answer = await pool.request({ method: "PATCH", path, headers, body: JSON.stringify(object), signal });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`the bare loop was refused: ${text.slice(0, 500)}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
    return performance.now() - started;
  } finally {
    await pool.destroy();
  }
}

const collections: Readonly<Record<string, string>> = {
  NetworkPolicy: "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
  ServiceAccount: "/api/v1/namespaces/{}/serviceaccounts",
  ConfigMap: "/api/v1/namespaces/{}/configmaps",
  Service: "/api/v1/namespaces/{}/services",
  Deployment: "/apis/apps/v1/namespaces/{}/deployments",
};

function pathOf({ kind, metadata }: KubernetesObject): string {
  return `${collections[kind]?.replace("{}", metadata.namespace ?? "")}/${metadata.name}`;
}
