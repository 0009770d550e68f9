/**
 * The part of a kubeconfig a test client needs: where the server is, whom to trust and who we are.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { load } from "js-yaml";
import { z } from "zod";

import { ClusterError } from "./cluster-error.ts";

export type Kubeconfig = {
  readonly serverUrl: string;
  /** PEM. Undefined trusts what the machine trusts. */
  readonly certificateAuthority: string | undefined;
  /** The name the server's certificate must carry, where it is not the host of the URL. */
  readonly serverName: string | undefined;
  /** False only where the file itself says so; we never write that. */
  readonly verifiesServer: boolean;
  readonly token: string | undefined;
  /** PEM, both or none. */
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
};

const text = z.string().min(1);
const clusterSchema = z.object({
  server: z.url(),
  "certificate-authority-data": text.optional(),
  "certificate-authority": text.optional(),
  "tls-server-name": text.optional(),
  "insecure-skip-tls-verify": z.boolean().default(false),
});
const userSchema = z.object({
  token: text.optional(),
  tokenFile: text.optional(),
  "client-certificate-data": text.optional(),
  "client-certificate": text.optional(),
  "client-key-data": text.optional(),
  "client-key": text.optional(),
  exec: z.unknown().optional(),
  "auth-provider": z.unknown().optional(),
});
const kubeconfigSchema = z.object({
  clusters: z.array(z.object({ name: text, cluster: clusterSchema })),
  users: z.array(z.object({ name: text, user: userSchema })),
  contexts: z.array(z.object({ name: text, context: z.object({ cluster: text, user: text }) })),
  "current-context": text,
});

/**
 * The current context of the file. Throws `kubeconfig-invalid` when it cannot be read, names what is not there, or logs in
 * through a plug-in program, which tests must not run.
 */
export async function readKubeconfig(path: string): Promise<Kubeconfig> {
  try {
    const file = kubeconfigSchema.parse(load(await readFile(path, "utf8")));
    const { context } = named(file.contexts, file["current-context"], "context");
    const { cluster } = named(file.clusters, context.cluster, "cluster");
    const { user } = named(file.users, context.user, "user");
    if (user.exec !== undefined || user["auth-provider"] !== undefined) {
      throw new Error(`user ${context.user} logs in through a plug-in; give a token or a client certificate instead`);
    }
    const folder = dirname(path);
    const certificate = await dataOrFile(user["client-certificate-data"], user["client-certificate"], folder);
    const key = await dataOrFile(user["client-key-data"], user["client-key"], folder);
    return {
      serverUrl: cluster.server.replace(/\/+$/u, ""),
      certificateAuthority: await dataOrFile(
        cluster["certificate-authority-data"],
        cluster["certificate-authority"],
        folder,
      ),
      serverName: cluster["tls-server-name"],
      verifiesServer: !cluster["insecure-skip-tls-verify"],
      token: user.token ?? (await dataOrFile(undefined, user.tokenFile, folder))?.trim(),
      clientCertificate: certificate === undefined || key === undefined ? undefined : { certificate, key },
    };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new ClusterError("kubeconfig-invalid", `cannot use the kubeconfig ${path}: ${why}`, cause);
  }
}

export type AdministratorAccess = {
  readonly clusterName: string;
  readonly serverUrl: string;
  readonly certificateAuthority: string;
  readonly token: string;
};

/** The text of a kubeconfig with one cluster, one user and one context. JSON, which is YAML and needs no quoting rules. */
export function formatKubeconfig({ clusterName, serverUrl, certificateAuthority, token }: AdministratorAccess): string {
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: clusterName,
        cluster: {
          server: serverUrl,
          "certificate-authority-data": Buffer.from(certificateAuthority).toString("base64"),
        },
      },
    ],
    users: [{ name: "administrator", user: { token } }],
    contexts: [{ name: clusterName, context: { cluster: clusterName, user: "administrator" } }],
    "current-context": clusterName,
  };
  return `${JSON.stringify(kubeconfig, undefined, 2)}\n`;
}

function named<T extends { readonly name: string }>(entries: readonly T[], name: string, what: string): T {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    throw new Error(`it names the ${what} ${name}, which it does not hold`);
  }
  return entry;
}

/** Relative paths count from the kubeconfig's folder; data wins over a file, as in client-go. */
async function dataOrFile(
  data: string | undefined,
  path: string | undefined,
  folder: string,
): Promise<string | undefined> {
  if (data !== undefined) {
    return Buffer.from(data, "base64").toString("utf8");
  }
  return path === undefined ? undefined : await readFile(resolve(folder, path), "utf8");
}
