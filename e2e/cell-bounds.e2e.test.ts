/**
 * What bounds a cell, kept by a real API server: its Pod Security admission, quotas and limits, with the controllers that are
 * refused their pods; and what the user is told of it.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { PlaneId } from "../schemas/layout.ts";
import { cellNamespace } from "../schemas/names.ts";
import type { Receipt } from "../schemas/receipt.ts";
import { runControl } from "./platform/control-plane.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import {
  openTestPlatform,
  sharedKubeconfig,
  type TestPlatform,
  waitForReceipt,
  waitUntilApplied,
} from "./platform/test-platform.ts";

const organization = "bounded";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const namespace = cellNamespace({ organization, project: "shop", environment: "development" });
const environmentsPath = "platform/environments.yaml";

const cell = `  cell:
    podSecurity: restricted
    quota: {pods: "3", requests.memory: 1Gi}
    limits:
      - type: Container
        default: {memory: 128Mi}
        defaultRequest: {cpu: 50m, memory: 64Mi}
        max: {memory: 256Mi}
`;
/** All that `restricted` asks of a pod. */
const restrained = (name: string, replicas: number): string => `apiVersion: openchoreo.dev/v1alpha1
kind: ServiceClass
metadata: {name: ${name}, namespace: ${organization}}
spec:
  deploymentTemplate:
    replicas: ${replicas}
    template:
      spec:
        securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
        containers:
          - name: main
            securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`;

/** None of it: a Workload could not ask for that by itself. */
const privileged = restrained("master", 1).replace(
  "allowPrivilegeEscalation: false",
  "privileged: true, allowPrivilegeEscalation: true",
);

const Pods = z.object({
  items: z.array(
    z.object({
      spec: z.object({ containers: z.array(z.object({ resources: z.unknown() })) }),
      status: z.object({ phase: z.string().optional() }),
    }),
  ),
});
const Rows = z.array(z.object({ component: z.string().optional(), health: z.string(), reason: z.string().optional() }));

describe.skipIf(sharedKubeconfig === undefined)("a cell with bounds", () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await openTestPlatform();
    for (const [path, text] of smallPlatform(organization)) await platform.specs.write(path, text);
    await platform.specs.write(
      "platform/class.yaml",
      [restrained("default", 1), restrained("crowd", 4), privileged].join("---\n"),
    );
    const environments = await platform.specs.read(environmentsPath);
    await platform.specs.write(environmentsPath, environments.replace("main\n", `main\n${cell}`));
    await add("calm");
    await platform.startAgent(plane);
    await waitUntilApplied(platform, plane);
  });
  afterAll(async () => platform[Symbol.asyncDispose]());

  /** Pushes a component; the edit is of its texts. */
  async function add(name: string, edit: (text: string) => string = (text) => text): Promise<void> {
    const text = componentFile(organization, { name, image: `example.test/${name}:1` });
    const edited = edit(text);
    await platform.specs.write(componentPath(name), edited);
    await platform.specs.commit(`Add ${name}`);
    await platform.specs.push();
  }

  /** Lines of the Workload's container. */
  const inContainer =
    (lines: string) =>
    (text: string): string =>
      text.replace(/( {6}image: .*\n)/, `$1${lines}`);

  const ofClass =
    (name: string) =>
    (text: string): string =>
      text.replace(/( {2}workloadName: .*\n)/, `$1  className: ${name}\n`);

  async function remove(name: string): Promise<void> {
    await platform.specs.remove(componentPath(name));
    await platform.specs.commit(`Remove ${name}`);
    await platform.specs.push();
  }

  async function told(name: string, words: string): Promise<Receipt> {
    const is = ({ reason, objects }: Receipt): boolean =>
      [reason, ...objects.map((object) => object.reason)].some((text) => text?.includes(words));
    return waitForReceipt(platform, plane, { path: `releases/shop/development/${name}.yaml`, is });
  }

  /** Its row among those of `gitplane get releases`. */
  async function rowOf(name: string): Promise<z.infer<typeof Rows>[number] | undefined> {
    const signal = AbortSignal.timeout(30_000);
    const result = await runControl(platform.control, ["get", "releases", "-o", "json"], signal);
    const rows = Rows.parse(JSON.parse(result.kind === "exited" ? result.stdout : "[]"));
    return rows.find(({ component }) => component === name);
  }

  async function podsOf(name: string): Promise<z.infer<typeof Pods>["items"]> {
    const selector = encodeURIComponent(`component-name=${name}`);
    return Pods.parse(await platform.cluster.get(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`))
      .items;
  }

  test("runs what keeps to them, with the resources that its limits fill in", async () => {
    expect(await platform.cluster.get(`/api/v1/namespaces/${namespace}`)).toMatchObject({
      metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    expect(await podsOf("calm")).toEqual([
      {
        spec: {
          containers: [{ resources: { limits: { memory: "128Mi" }, requests: { cpu: "50m", memory: "64Mi" } } }],
        },
        status: { phase: "Running" },
      },
    ]);
  });

  test("refuses a privileged pod, and the user is told what it violates", async () => {
    await add("master", ofClass("master"));
    const { result, health } = await told("master", 'violates PodSecurity "restricted:latest": privileged');
    expect({ result, health }).toEqual({ result: "created", health: "Degraded" });
    expect(await rowOf("master")).toMatchObject({
      health: "Degraded",
      reason: expect.stringContaining('container "main" must not set securityContext.privileged=true') as string,
    });
    expect(await podsOf("master")).toEqual([]);
    await remove("master");
  });

  test("refuses a pod above its limits, which are named", async () => {
    await add("giant", inContainer("      resources: {limits: {memory: 512Mi}}\n"));
    const words = "maximum memory usage per Container is 256Mi, but limit is 512Mi";
    expect((await told("giant", words)).health).toBe("Degraded");
    expect((await rowOf("giant"))?.reason).toContain(words);
    expect(await podsOf("giant")).toEqual([]);
    await remove("giant");
  });

  test("refuses pods above its quota, which is named, until the quota lets them in", async () => {
    await add("crowd", ofClass("crowd"));
    const quota = `exceeded quota: cell-${namespace.slice(-8)}, requested: pods=1, used: pods=3, limited: pods=3`;
    expect((await told("crowd", quota)).health).toBe("Degraded");
    expect((await rowOf("crowd"))?.reason).toContain(quota);
    expect((await podsOf("crowd")).length).toBe(2);
    expect((await podsOf("calm")).length).toBe(1);
    const environments = await platform.specs.read(environmentsPath);
    await platform.specs.write(environmentsPath, environments.replace('pods: "3"', 'pods: "9"'));
    await platform.specs.commit("Let more pods in");
    await platform.specs.push();
    await waitUntilApplied(platform, plane);
    expect((await podsOf("crowd")).length).toBe(4);
  });
});
