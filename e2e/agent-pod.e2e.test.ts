/**
 * The agent's pod as docs/agent.md has it: the API server takes every manifest, one that enforces the strictest Pod Security
 * Standard too, and what the pod runs applies a Release with nothing but what a kubelet would give it.
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { Ceiling } from "../schemas/ceiling.ts";
import { type PlaneId, planeKey, planePath } from "../schemas/layout.ts";
import { cellNamespace } from "../schemas/names.ts";
import { KubernetesObject } from "../schemas/object-id.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { poll } from "./clusters/poll.ts";
import { agentProgram } from "./platform/agent.ts";
import { printRbac } from "./platform/agent-access.ts";
import { planeCredentialFile, planeRepositoryUrl } from "./platform/control-plane.ts";
import { sourcePath } from "./platform/node-program.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import { openTestPlatform, sharedKubeconfig, type TestPlatform, waitUntilApplied } from "./platform/test-platform.ts";
import { played } from "./stand-ins/played.ts";
import { AgentPod, canRunPods, podProgram, volumeFolder } from "./stand-ins/pod-process.ts";

const organization = "podders";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const cell = cellNamespace({ organization, project: "shop", environment: "development" });
const engine = "/api/v1/namespaces/gitplane-system";
const signal = AbortSignal.timeout(600_000);

const Pods = z.object({ items: z.array(z.unknown()) });
const isAble = sharedKubeconfig !== undefined && (await canRunPods());

/** The YAML of the page, for the plane of this test; read as kubectl reads it, which takes 0440 for octal. */
async function readPage(): Promise<{ readonly deployment: KubernetesObject; readonly ceiling: Ceiling }> {
  const page = await readFile(sourcePath("docs/agent.md"), "utf8");
  const texts = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
  const told = texts.flatMap((text) => {
    const ours = text.replaceAll("acme", organization).replaceAll(/\beast\b/g, plane.name);
    return parseAllDocuments(ours, { version: "1.1" }).map((document): unknown => document.toJS());
  });
  const deployments = told.flatMap((document) => KubernetesObject.safeParse(document).data ?? []);
  const ceilings = told.flatMap((document) => Ceiling.safeParse(document).data ?? []);
  const [deployment] = deployments;
  const [ceiling] = ceilings;
  if (deployment === undefined || ceiling === undefined) throw new Error("the page has no Deployment or no ceiling");
  expect(deployments).toHaveLength(1);
  return { deployment, ceiling };
}

describe.skipIf(!isAble)("the pod of the agent", played("kubelet"), () => {
  let platform: TestPlatform;
  let folder: string;
  let rbac: readonly KubernetesObject[];
  let beside: readonly KubernetesObject[];
  let deployment: KubernetesObject;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gitplane-pod-"));
    platform = await openTestPlatform();
    for (const [path, text] of smallPlatform(organization)) await platform.specs.write(path, text);
    const api = componentFile(organization, { name: "api", image: "example.test/api:1" });
    await platform.specs.write(componentPath("api"), api);
    await platform.specs.commit("Begin");
    await platform.specs.push();
    const page = await readPage();
    const ceilingText = writeStateYaml(page.ceiling);
    const ceilingFile = join(folder, "ceiling.yaml");
    await writeFile(ceilingFile, ceilingText);
    rbac = await printRbac({ plane, flags: ["--ceiling", ceilingFile] });
    const account = rbac.find(({ kind }) => kind === "ServiceAccount")?.metadata.name ?? "";
    const repository = `https://git.example/planes/${planePath(plane)}.git`;
    const filled = JSON.stringify(page.deployment)
      .replaceAll("SERVICE-ACCOUNT", account)
      .replaceAll("IMAGE", "example.test/gitplane-agent:1")
      .replaceAll(repository, planeRepositoryUrl(platform.control, plane));
    deployment = KubernetesObject.parse(JSON.parse(filled));
    const metadata = { name: "gitplane-main", namespace: "gitplane-system" };
    const token = await readFile(await planeCredentialFile(platform.control, plane, signal), "utf8");
    const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    beside = [
      { apiVersion: "v1", kind: "Secret", metadata, stringData: { token } },
      { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "ceiling.yaml": ceilingText } },
      { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata, spec: claim },
    ];
  });
  afterAll(async () => {
    for (const object of [deployment, ...beside]) await platform.cluster.remove(await platform.cluster.pathOf(object));
    await platform.cluster.remove(`/api/v1/namespaces/${organization}-strict`);
    await platform[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("is taken by the API server, with all that it needs and without a field that it does not know", async () => {
    expect(JSON.stringify(deployment)).not.toMatch(/SERVICE-ACCOUNT|IMAGE|git\.example/);
    for (const object of [...rbac, ...beside, deployment]) {
      await platform.cluster.apply(object, { isStrictDryRun: true, force: true });
      await platform.cluster.apply(object, { force: true });
    }
  });

  test("keeps to the strictest Pod Security Standard", async () => {
    const name = `${organization}-strict`;
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await platform.cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
    const { template } = z
      .object({
        template: z.object({ metadata: z.looseObject({}), spec: z.looseObject({ serviceAccountName: z.string() }) }),
      })
      .parse(deployment["spec"]);
    const account = { name: template.spec.serviceAccountName, namespace: name };
    await platform.cluster.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: account });
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...template.metadata, name: "agent" },
      spec: template.spec,
    };
    const pods = `/api/v1/namespaces/${name}/pods?dryRun=All&fieldValidation=Strict`;
    expect(await platform.cluster.create(pods, pod)).toMatchObject({ kind: "Pod" });
  });

  test("applies a Release, as the user and with the files that the pod has", async () => {
    const pod = await poll({
      what: "the agent's Pod",
      timeoutMs: 60_000,
      signal,
      probe: async () => {
        const { items } = Pods.parse(await platform.cluster.get(`${engine}/pods?labelSelector=app%3Dgitplane-main`));
        return items[0] === undefined ? undefined : AgentPod.parse(items[0]);
      },
    });
    await poll({
      what: "the cluster's authority in the agent's namespace",
      timeoutMs: 60_000,
      signal,
      probe: async () => platform.cluster.find(`${engine}/configmaps/kube-root-ca.crt`),
    });
    const { serverUrl } = await readKubeconfig(sharedKubeconfig ?? "");
    const name = agentProgram(plane);
    await mkdir(join(folder, "pod"));
    const place = { cluster: platform.cluster, server: new URL(serverUrl), folder: join(folder, "pod") };
    await platform.processes.start(await podProgram(name, { pod, ...place }));
    await waitUntilApplied(platform, plane);
    expect(await platform.cluster.get(`/apis/apps/v1/namespaces/${cell}/deployments/api`)).toMatchObject({
      metadata: { labels: { "gitplane.dev/plane": planeKey(plane) } },
      status: { availableReplicas: 1 },
    });
    const status = await readFile(`/proc/${platform.processes.pids.get(name)}/status`, "utf8");
    const { runAsUser, fsGroup } = pod.spec.securityContext;
    expect(status).toMatch(new RegExp(`^Uid:\\t${runAsUser}\\t${runAsUser}\\t`, "m"));
    expect(status).toMatch(new RegExp(`^Groups:\\t${fsGroup} $`, "m"));
    expect(status).toMatch(/^CapEff:\t0+$/m);
    const clone = await stat(join(volumeFolder(place.folder, "data"), `${planeKey(plane)}.git`));
    expect([clone.uid, clone.gid]).toEqual([runAsUser, fsGroup]);
    expect(await platform.processes.stop(name)).toBe(0);
  });
});
