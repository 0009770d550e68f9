/** The files a cluster's programs start from, and the kubeconfig made of what the API server writes. All for us alone to read. */

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";

import { auditPolicy } from "./audit.ts";
import { formatKubeconfig } from "./kubeconfig.ts";
import { poll } from "./poll.ts";
import { clusterPaths, type ClusterLayout } from "./programs.ts";

/** What an earlier boot left: its logs always go, its data only when asked. Call with the folder claimed. */
export async function clearFolder(folder: string, data: "keep" | "wipe"): Promise<void> {
  const { logs, auditLog, etcd, certificates, serviceAccountKey, tokens, kubeconfig } = clusterPaths(folder);
  const files = [
    logs,
    auditLog,
    ...(data === "wipe" ? [etcd, certificates, serviceAccountKey, tokens, kubeconfig] : []),
  ];
  await Promise.all(files.map(async (path) => await rm(path, { recursive: true, force: true })));
  await mkdir(logs, { mode: 0o700 });
}

/** Keeps the key and the token of an earlier boot, so that what was signed with them stays good. Returns the administrator's token. */
export async function writeSecrets({ folder, isAudited }: ClusterLayout): Promise<string> {
  const paths = clusterPaths(folder);
  await mkdir(paths.certificates, { recursive: true, mode: 0o700 });
  // An elliptic key takes milliseconds where an RSA key takes up to a second.
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await writeOnce(paths.serviceAccountKey, privateKey.export({ type: "sec1", format: "pem" }).toString());
  // The file's columns: token, user, user id, groups.
  await writeOnce(
    paths.tokens,
    `${randomBytes(24).toString("base64url")},administrator,administrator,system:masters\n`,
  );
  if (isAudited) {
    await writeFile(paths.auditPolicy, JSON.stringify(auditPolicy), { mode: 0o600 });
  }
  const [token = ""] = (await readFile(paths.tokens, "utf8")).split(",");
  return token;
}

export type WriteKubeconfig = {
  readonly clusterName: string;
  readonly layout: ClusterLayout;
  readonly token: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** Waits for the server's certificate. The server writes it first and its key second, so it is whole once there is a key. */
export async function writeKubeconfig(write: WriteKubeconfig): Promise<void> {
  const { clusterName, layout, token, timeoutMs, signal } = write;
  const paths = clusterPaths(layout.folder);
  const certificateAuthority = await poll({
    what: "the API server writing its certificate",
    timeoutMs,
    signal,
    probe: async () => ((await readIfThere(paths.serverKey)) ? await readIfThere(paths.serverCertificate) : undefined),
  });
  const content = formatKubeconfig({ clusterName, serverUrl: serverUrlOf(layout), certificateAuthority, token });
  // A mode only counts for a file that is made, so make it.
  await rm(paths.kubeconfig, { force: true });
  await writeFile(paths.kubeconfig, content, { mode: 0o600 });
}

export function serverUrlOf({ apiServerPort }: ClusterLayout): string {
  return `https://127.0.0.1:${apiServerPort}`;
}

async function writeOnce(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw error;
    }
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
