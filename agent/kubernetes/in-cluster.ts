/** Access from inside a pod: the three files of its service account and two environment variables. */
import { join } from "node:path";
import { type ClusterAccess, ClusterAccessError, readAccessFile, tokenFromFile } from "./cluster-access.ts";

const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Throws ClusterAccessError when this is no pod or its files cannot be read (Kubernetes: "Accessing the API from a Pod"). */
export async function loadInClusterAccess({
  env,
  folder = serviceAccountFolder,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
}): Promise<ClusterAccess> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  if (!host || !port) {
    throw new ClusterAccessError(
      "invalid",
      "not in a cluster: KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is unset",
    );
  }
  const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(url)) throw new ClusterAccessError("invalid", "KUBERNETES_SERVICE_HOST and _PORT make no URL");
  const readToken = tokenFromFile(join(folder, "token"));
  await readToken();
  return { server: new URL(url), tls: { ca: await readAccessFile(join(folder, "ca.crt")) }, readToken };
}
