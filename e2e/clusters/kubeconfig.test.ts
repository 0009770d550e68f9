import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { formatKubeconfig, readKubeconfig } from "./kubeconfig.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-kubeconfig-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("what is written is read back", async () => {
  const access = {
    clusterName: "one",
    serverUrl: "https://127.0.0.1:6443",
    certificateAuthority: "-----BEGIN CERTIFICATE-----\n",
    token: "secret",
  };
  expect(await readText(formatKubeconfig(access))).toEqual({
    serverUrl: "https://127.0.0.1:6443",
    certificateAuthority: "-----BEGIN CERTIFICATE-----\n",
    serverName: undefined,
    verifiesServer: true,
    token: "secret",
    clientCertificate: undefined,
  });
});

test("files count from the kubeconfig's folder", async () => {
  await writeFile(join(folder, "ca.crt"), "authority");
  await writeFile(join(folder, "client.crt"), "certificate");
  await writeFile(join(folder, "client.key"), "key");
  const text = kubeconfig(
    "{server: 'https://example.test/', certificate-authority: ca.crt, tls-server-name: kube}",
    "{client-certificate: client.crt, client-key: ./client.key}",
  );
  expect(await readText(text)).toEqual({
    serverUrl: "https://example.test",
    certificateAuthority: "authority",
    serverName: "kube",
    verifiesServer: true,
    token: undefined,
    clientCertificate: { certificate: "certificate", key: "key" },
  });
});

const cluster = "{server: 'https://example.test'}";
test.each([
  ["a context that is not there", kubeconfig(cluster, "{}").replace("current-context: c", "current-context: d")],
  ["a login through a program", kubeconfig(cluster, "{exec: {command: login}}")],
  ["a server that is no URL", kubeconfig("{server: example}", "{}")],
  ["a certificate file that is not there", kubeconfig("{server: 'https://a.test', certificate-authority: no}", "{}")],
  ["no YAML", "{"],
])("%s is refused", async (_, text) => {
  await expect(readText(text)).rejects.toMatchObject({ name: "ClusterError", code: "kubeconfig-invalid" });
});

async function readText(text: string) {
  const path = join(folder, "kubeconfig");
  await writeFile(path, text);
  return await readKubeconfig(path);
}

function kubeconfig(cluster: string, user: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: ${cluster}}]
users: [{name: u, user: ${user}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
`;
}
