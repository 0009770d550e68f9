import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PlaneSettings } from "../schemas/plane-settings.ts";
import type { Receipt } from "../schemas/receipt.ts";
import type { Manifest } from "./plane-branch.ts";
import { openRealCluster, type RealCluster } from "./real-cluster.contract.ts";
import { readReceipts } from "./receipts.ts";

vi.setConfig({ testTimeout: 60_000 });

const kubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"];
const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";

if (kubeconfig === undefined) {
  test("drift on a real API server", ({ skip }) => {
    process.stderr.write("SKIPPED: drift on a real API server; GITPLANE_TEST_KUBECONFIG is not set\n");
    skip("GITPLANE_TEST_KUBECONFIG is not set");
  });
} else {
  describeDrift(kubeconfig);
}

/** As much of any object as the tests look at or change. */
type Live = {
  metadata: {
    uid: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: { manager: string }[];
  };
  spec: {
    replicas: number;
    podSelector: object;
    ports: { name?: string; port: number }[];
    template: { spec: { containers: { name: string; image: string }[] } };
  };
  data: Record<string, string>;
};

function describeDrift(path: string): void {
  let cluster: RealCluster;
  beforeEach(async () => {
    cluster = await openRealCluster(path);
  });
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const made = (kind: string, apiVersion: string, body: Manifest["body"] = {}): Manifest => {
    return { kind, apiVersion, name: "web", namespace: cluster.namespace, body };
  };
  const deployment = (): Manifest =>
    made("Deployment", "apps/v1", {
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "main", image: "web:1", env: [{ name: "MODE", value: "calm" }] }] },
        },
      },
    });
  const configMap = (value = "1"): Manifest => made("ConfigMap", "v1", { data: { value } });
  const secret = (): Manifest => made("Secret", "v1", { stringData: { token: "of-the-manifest" } });
  const service = (): Manifest =>
    made("Service", "v1", {
      spec: {
        selector: { app: "web" },
        ports: [
          { name: "http", port: 80 },
          { name: "more", port: 81 },
        ],
      },
    });
  const networkPolicy = (): Manifest =>
    made("NetworkPolicy", "networking.k8s.io/v1", { spec: { podSelector: {}, policyTypes: ["Ingress"] } });

  const at = (resource: string, name = "web"): string =>
    `/${resource.replace("NS", `namespaces/${cluster.namespace}`)}/${name}`;
  const configMaps = "api/v1/NS/configmaps";
  const deployments = "apis/apps/v1/NS/deployments";
  const read = async (resource: string): Promise<Live> => (await cluster.other.send("get", at(resource))) as Live;
  const edit = async (resource: string, change: (object: Live) => void, manager = "kubectl-edit"): Promise<void> => {
    const object = await read(resource);
    change(object);
    delete object.metadata.resourceVersion;
    await cluster.other.send("update", `${at(resource)}?fieldManager=${manager}`, object);
  };

  const publish = async (manifests: readonly Manifest[], settings: Partial<PlaneSettings> = {}): Promise<void> => {
    const cell: readonly Manifest[] = [{ kind: "Namespace", name: cluster.namespace }];
    await cluster.branch.publish(
      { [cellPath]: cell, [webPath]: manifests },
      { settings: { drift: "heal", ...settings } },
    );
  };
  const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
    for (const started = performance.now(); ;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() - started > 8000)
        throw new Error(`not so after 20 s; the agent said ${cluster.lives.lines.join("; ")}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const receiptWhere = async (is: (receipt: Receipt) => boolean): Promise<Receipt> =>
    await until(async () => {
      const receipt = (await readReceipts(cluster.repository, cluster.plane)).byPath.get(webPath);
      return receipt !== undefined && is(receipt) ? receipt : undefined;
    });
  const driftIn = (receipt: Receipt) => receipt.objects.find((object) => object.drift !== undefined)?.drift;
  const settled = async (): Promise<void> => {
    await receiptWhere(({ result }) => result !== "failed");
    await new Promise((resolve) => setTimeout(resolve, 300));
  };

  test("what somebody changes is put right at once, and the receipt says who and what", async () => {
    await publish([deployment(), configMap(), networkPolicy(), service()]);
    await cluster.run();
    await settled();
    const started = performance.now();
    await edit(deployments, ({ spec }) => {
      const [container] = spec.template.spec.containers;
      if (container !== undefined) container.image = "theirs:1";
      spec.replicas = 7;
    });
    await until(async () => ((await read(deployments)).spec.replicas === 2 ? true : undefined));
    const healedMs = performance.now() - started;
    const receipt = await receiptWhere((each) => driftIn(each) !== undefined);
    expect(driftIn(receipt)).toEqual({
      patch: [
        { op: "replace", path: "/spec/replicas", value: 7 },
        { op: "replace", path: "/spec/template/spec/containers/0/image", value: "theirs:1" },
      ],
      by: [{ manager: "kubectl-edit", at: expect.stringMatching(/^\d{4}-/u) as string }],
      healed: true,
    });
    expect((await read(deployments)).spec.template.spec.containers[0]?.image).toBe("web:1");
    process.stderr.write(`drift healed after ${Math.round(healedMs)} ms, the edit's own requests included\n`);
  });

  test("a field that goes, a label, a list's item and an object that goes come back", async () => {
    await publish([configMap(), networkPolicy(), service()]);
    await cluster.run();
    await settled();
    await edit("api/v1/NS/services", (object) => {
      object.spec.ports = object.spec.ports.filter(({ name }) => name === "http");
    });
    await edit(configMaps, (object) => {
      object.data = { other: "x" };
    });
    const uid = (await read("apis/networking.k8s.io/v1/NS/networkpolicies")).metadata.uid;
    await cluster.other.send("delete", at("apis/networking.k8s.io/v1/NS/networkpolicies"));
    await until(async () => ((await read("api/v1/NS/services")).spec.ports.length === 2 ? true : undefined));
    await until(async () => ((await read(configMaps)).data["value"] === "1" ? true : undefined));
    expect((await read(configMaps)).data).toEqual({ other: "x", value: "1" });
    await until(async () => {
      const found = await read("apis/networking.k8s.io/v1/NS/networkpolicies").catch(() => undefined);
      return found !== undefined && found.metadata.uid !== uid ? true : undefined;
    });
    await edit(configMaps, ({ metadata }) => {
      delete metadata.labels;
    });
    await until(async () =>
      (await read(configMaps)).metadata.labels?.["gitplane.dev/plane"] === undefined ? undefined : true,
    );
  });

  test("an environment that only reports is told of and left as it is", async () => {
    await publish([configMap(), deployment()], { environments: { dev: { drift: "report" } } });
    await cluster.run();
    await settled();
    await edit(configMaps, (object) => {
      object.data = { value: "theirs" };
    });
    const receipt = await receiptWhere((each) => driftIn(each) !== undefined);
    expect(driftIn(receipt)).toMatchObject({
      patch: [{ op: "replace", path: "/data/value", value: "***" }],
      healed: false,
    });
    expect((await read(configMaps)).data).toEqual({ value: "theirs" });
    await edit(configMaps, (object) => {
      object.data = { value: "1" };
    });
    await receiptWhere((each) => driftIn(each) === undefined);
  });

  test("C39 C40 a Secret's values are in no receipt and no log", async () => {
    await publish([secret()]);
    const life = await cluster.run();
    await settled();
    await edit("api/v1/NS/secrets", (object) => {
      object.data = { token: Buffer.from("of-the-editor").toString("base64") };
    });
    const receipt = await receiptWhere((each) => driftIn(each) !== undefined);
    expect(driftIn(receipt)?.patch.map(({ path: pointer }) => pointer)).toEqual(["/data/token"]);
    const told = JSON.stringify(receipt) + life.lines.join("\n");
    for (const value of ["of-the-editor", "of-the-manifest"]) {
      expect(told).not.toContain(value);
      expect(told).not.toContain(Buffer.from(value).toString("base64"));
    }
  });

  test("C56 a field that somebody keeps changing is put right once a minute, and its neighbours at once", async () => {
    await publish([configMap(), deployment()]);
    await cluster.run();
    await settled();
    for (const value of ["a", "b", "c"]) {
      await edit(configMaps, (object) => {
        object.data["value"] = value;
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect((await read(configMaps)).data["value"]).toBe("c");
    const receipt = await receiptWhere((each) => driftIn(each)?.healed === false);
    expect(driftIn(receipt)?.by[0]?.manager).toBe("kubectl-edit");
    await edit(deployments, ({ spec }) => {
      spec.replicas = 5;
    });
    await until(async () => ((await read(deployments)).spec.replicas === 2 ? true : undefined));
    expect((await read(configMaps)).data["value"]).toBe("c");
  });

  test("what changed while no agent ran is found by going through kinds, not objects", async () => {
    await publish([configMap(), deployment(), networkPolicy(), service()]);
    const first = await cluster.run();
    await settled();
    await first.stop();
    await edit(configMaps, (object) => {
      object.data = { value: "theirs" };
    });
    await cluster.other.send("delete", at("apis/networking.k8s.io/v1/NS/networkpolicies"));
    const before = cluster.target.requests;
    await cluster.run();
    await until(async () => ((await read(configMaps)).data["value"] === "1" ? true : undefined));
    await until(async () => await read("apis/networking.k8s.io/v1/NS/networkpolicies").catch(() => undefined));
    await settled();
    // Record and its cluster; per kind one list, one watch and one scan; two objects read and written; discovery.
    expect(cluster.target.requests - before).toBeLessThanOrEqual(2 + 3 * 5 + 4 + 2);
  });

  test("C56 healing a field leaves an autoscaler's replicas alone", async () => {
    await publish([deployment()]);
    await cluster.run();
    await settled();
    const scale = (await cluster.other.send("get", `${at(deployments)}/scale`)) as Live;
    scale.spec.replicas = 6;
    delete scale.metadata.resourceVersion;
    await cluster.other.send("update", `${at(deployments)}/scale?fieldManager=kube-controller-manager`, scale);
    await edit(deployments, ({ spec }) => {
      const [container] = spec.template.spec.containers;
      if (container !== undefined) container.image = "theirs:1";
    });
    await until(async () => {
      const { spec } = await read(deployments);
      return spec.template.spec.containers[0]?.image === "web:1" ? true : undefined;
    });
    expect((await read(deployments)).spec.replicas).toBe(6);
  });

  test("a note of what is left out counts only if we wrote it", async () => {
    await publish([configMap()]);
    await cluster.run();
    await settled();
    await edit(configMaps, (object) => {
      object.metadata.annotations = { "gitplane.dev/left-out": '[".data.value"]' };
      object.data["value"] = "theirs";
    });
    await until(async () => ((await read(configMaps)).data["value"] === "1" ? true : undefined));
  });

  test("C54 a Job that went is not made again", async () => {
    const container = { name: "main", image: "web:1", command: ["true"] };
    const job = made("Job", "batch/v1", {
      spec: { template: { spec: { restartPolicy: "Never", containers: [container] } } },
    });
    await publish([job, configMap()]);
    const first = await cluster.run();
    await settled();
    await first.stop();
    await cluster.other.send("delete", `${at("apis/batch/v1/NS/jobs")}?propagationPolicy=Background`);
    await cluster.other.send("delete", at(configMaps));
    await cluster.run();
    await until(async () => await read(configMaps).catch(() => undefined));
    await settled();
    await expect(read("apis/batch/v1/NS/jobs")).rejects.toThrow("not found");
  });

  test("what another plane owns is told of by the round and left alone by what looks after drift", async () => {
    await publish([configMap()]);
    const name = `gitplane.data.rival.${cluster.plane.name}`;
    await cluster.run();
    await settled();
    const theirs = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, ...deployment().body };
    await cluster.other.send("apply", `${at(deployments)}?fieldManager=${name}`, theirs);
    const before = await read(deployments);
    await publish([
      configMap(),
      { ...deployment(), body: { spec: { ...(deployment().body?.["spec"] as object), replicas: 9 } } },
    ]);
    await receiptWhere(({ result }) => result === "failed");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await read(deployments)).spec).toEqual(before.spec);
    expect((await read(deployments)).metadata.labels).toEqual(before.metadata.labels);
  });

  test("what is left to others is not drift", async () => {
    await publish([]);
    await cluster.run();
    await until(
      async () => await cluster.other.send("get", `/api/v1/namespaces/${cluster.namespace}`).catch(() => undefined),
    );
    await cluster.other.send("apply", `${at(configMaps)}?fieldManager=an-operator`, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "web" },
      data: { value: "theirs" },
    });
    await publish([configMap(), deployment()]);
    await receiptWhere(({ objects }) => objects.length === 2);
    const scale = (await cluster.other.send("get", `${at(deployments)}/scale`)) as Live;
    scale.spec.replicas = 6;
    delete scale.metadata.resourceVersion;
    await cluster.other.send("update", `${at(deployments)}/scale?fieldManager=kube-controller-manager`, scale);
    await settled();
    expect((await read(configMaps)).data).toEqual({ value: "theirs" });
    expect((await read(deployments)).spec.replicas).toBe(6);
    expect(driftIn(await receiptWhere(() => true))).toBeUndefined();
  });
}
