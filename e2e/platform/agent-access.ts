/**
 * What an agent may do in tests and in the demo: exactly what `gitplane-agent rbac` prints for its plane, as a service account
 * with a token. No agent gets the credentials of who made the cluster.
 */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadAll } from "js-yaml";
import { z } from "zod";
import { type PlaneId, planeKey, planePath } from "../../schemas/layout.ts";
import { KubernetesObject } from "../../schemas/object-id.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import { KubeClient } from "../clusters/kube-client.ts";
import { readKubeconfig } from "../clusters/kubeconfig.ts";
import { programEnvironment, sourcePath } from "./node-program.ts";

export type AgentAccess = {
  /** Of who may grant rights. */
  readonly adminKubeconfigPath: string;
  readonly plane: PlaneId;
  /** Where the agent is to find the API server, perhaps through a proxy. */
  readonly kubeconfigPath: string;
  readonly folder: string;
  /** More flags of `gitplane-agent rbac`, such as `--ceiling`. */
  readonly flags?: readonly string[];
};

const tokenSeconds = 30 * 24 * 3600;
const TokenRequest = z.object({ status: z.object({ token: z.string().min(1) }) });

/** Grants the rights and answers the path of a kubeconfig with the account's token, mode 0600. */
export async function grantAgentAccess(access: AgentAccess): Promise<string> {
  const { adminKubeconfigPath, folder, kubeconfigPath, plane } = access;
  await using admin = new KubeClient(await readKubeconfig(adminKubeconfigPath));
  const manifests = await printRbac(access);
  for (const manifest of manifests) await admin.apply(manifest, { force: true });
  const account = manifests.find(({ kind }) => kind === "ServiceAccount");
  if (account === undefined) throw new Error("gitplane-agent rbac printed no ServiceAccount");
  const answer = await admin.create(`${await admin.pathOf(account)}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: tokenSeconds },
  });
  const { token } = TokenRequest.parse(answer).status;
  const { certificateAuthority, serverName, serverUrl, verifiesServer } = await readKubeconfig(kubeconfigPath);
  const cluster = {
    server: serverUrl,
    ...(verifiesServer ? {} : { "insecure-skip-tls-verify": true }),
    ...(certificateAuthority === undefined
      ? {}
      : { "certificate-authority-data": Buffer.from(certificateAuthority).toString("base64") }),
    ...(serverName === undefined ? {} : { "tls-server-name": serverName }),
  };
  const text = writeStateYaml({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "agent",
    clusters: [{ name: "agent", cluster }],
    contexts: [{ name: "agent", context: { cluster: "agent", user: "agent" } }],
    users: [{ name: "agent", user: { token } }],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${planeKey(plane)}.kubeconfig`);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

/** What `gitplane-agent rbac` prints, in its order. */
export async function printRbac({
  plane,
  flags = [],
}: Pick<AgentAccess, "plane" | "flags">): Promise<readonly KubernetesObject[]> {
  const given = [sourcePath("agent/main.ts"), "rbac", "--plane", planePath(plane), ...flags];
  const { stdout } = await promisify(execFile)(process.execPath, given, { env: programEnvironment() });
  return loadAll(stdout).map((document) => KubernetesObject.parse(document));
}
