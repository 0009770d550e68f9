/** The three files of a pod's service account, with a token that the API server made for one (TokenRequest). */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PlaneId } from "../../schemas/layout.ts";
import { loadKubeconfig } from "./kubeconfig.ts";
import { openKubernetesTarget } from "./kubernetes-target.ts";
import { openOther, type OtherClient } from "./other-client.contract.ts";

const kubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"] ?? "";
const signal = new AbortController().signal;

describe.skipIf(kubeconfig === "")("in a cluster", () => {
  async function requestToken(other: OtherClient, namespace: string, account: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const answer = await other.send("create", path, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 600 },
    });
    return (answer as { readonly status: { readonly token: string } }).status.token; // as the API says
  }

  test("an agent is its service account, and another one once the token's file holds another token", async () => {
    await using stack = new AsyncDisposableStack();
    const other = stack.use(await openOther(kubeconfig));
    const namespace = `pod-${randomUUID().slice(0, 8)}`;
    await other.send("create", "/api/v1/namespaces", { metadata: { name: namespace } });
    stack.defer(async () => void (await other.send("delete", `/api/v1/namespaces/${namespace}`)));
    for (const name of ["may", "may-not"]) {
      await other.send("create", `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
    }
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    await other.send("create", `${rbac}/namespaces/${namespace}/rolebindings`, {
      metadata: { name: "may" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "admin" },
      subjects: [{ kind: "ServiceAccount", name: "may", namespace }],
    });
    const folder = await mkdtemp(join(tmpdir(), "gitplane-pod-"));
    stack.defer(async () => rm(folder, { recursive: true, force: true }));
    const { server, tls } = await loadKubeconfig({ path: kubeconfig });
    await writeFile(join(folder, "ca.crt"), tls.ca ?? "");
    await writeFile(join(folder, "token"), `${await requestToken(other, namespace, "may")}\n`);
    const plane: PlaneId = { kind: "data", organization: "acme", name: "pod" };
    const env = { KUBERNETES_SERVICE_HOST: server.hostname, KUBERNETES_SERVICE_PORT: server.port };
    const source = { kind: "in-cluster", env, folder } as const;
    const target = stack.use(await openKubernetesTarget({ source, plane, agentVersion: "test" }));
    const apply = async (name: string) =>
      target.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } }, { dryRun: false, signal });

    expect(await apply("one")).toMatchObject({ kind: "applied" });
    await writeFile(join(folder, "token"), `${await requestToken(other, namespace, "may-not")}\n `);
    expect(await apply("two")).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining(`system:serviceaccount:${namespace}:may-not`),
    });
  });
});
