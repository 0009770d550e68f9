import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Manifest } from "./plane-branch.ts";
import { bring, openRealCluster, type RealCluster, told } from "./real-cluster.contract.ts";

const kubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"];
const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const heal = { settings: { drift: "heal" } } as const;

type Container = { image: string };
/** As much of any object as the tests look at or change. */
type Live = {
  metadata: {
    uid: string;
    resourceVersion?: string;
    annotations?: Record<string, string>;
    finalizers?: string[];
    ownerReferences?: { uid: string }[];
  };
  spec: { replicas?: number; serviceName?: string; template: { spec: { containers: [Container] } } };
  data?: Record<string, string>;
};

if (kubeconfig === undefined) {
  test("ownership on a real API server", ({ skip }) => {
    process.stderr.write("SKIPPED: ownership on a real API server; GITPLANE_TEST_KUBECONFIG is not set\n");
    skip("GITPLANE_TEST_KUBECONFIG is not set");
  });
} else {
  describeOwnership(kubeconfig);
}

function describeOwnership(path: string): void {
  let cluster: RealCluster;
  beforeEach(async () => {
    cluster = await openRealCluster(path);
  });
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const cell = (): readonly Manifest[] => [{ kind: "Namespace", name: cluster.namespace }];
  const made = (kind: string, apiVersion: string, body: Manifest["body"] = {}): Manifest => ({
    kind,
    apiVersion,
    name: "web",
    namespace: cluster.namespace,
    body,
  });
  const template = (app: string, image = "web:1") => ({
    metadata: { labels: { app } },
    spec: { containers: [{ name: "main", image }] },
  });
  const deployment = ({
    app = "web",
    image = "web:1",
    replicas,
  }: {
    app?: string;
    image?: string;
    replicas?: number;
  }) =>
    made("Deployment", "apps/v1", {
      spec: {
        ...(replicas === undefined ? {} : { replicas }),
        selector: { matchLabels: { app } },
        template: template(app, image),
      },
    });
  const at = (resource: string, name = "web"): string =>
    `/${resource.replace("NS", `namespaces/${cluster.namespace}`)}/${name}`;
  const read = async (resource: string, name?: string): Promise<Live> =>
    (await cluster.other.send("get", at(resource, name))) as Live;
  const update = async (resource: string, change: (object: Live) => void, manager = "kubectl-edit") => {
    const object = await read(resource);
    change(object);
    delete object.metadata.resourceVersion;
    return await cluster.other.send("update", `${at(resource)}?fieldManager=${manager}`, object);
  };

  describe("fields of others", () => {
    test("C56 what kubectl edit changed is taken back where the environment heals", async () => {
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({})] }, heal);
      await update("apis/apps/v1/NS/deployments", (object) => {
        object.spec.template.spec.containers[0].image = "theirs:1";
        object.metadata.annotations = { ...object.metadata.annotations, "example.test/note.d": "x" };
      });
      const result = await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({ image: "web:2" })] }, heal);
      expect(told(result)).toEqual([
        expect.stringMatching(
          /^configured apps\/Deployment\/.* \(taken back: kubectl-edit owns \.spec\.template\.spec\.containers\[name="main"\]\.image\)$/u,
        ),
      ]);
      const live = await read("apis/apps/v1/NS/deployments");
      expect(live.spec.template.spec.containers[0].image).toBe("web:2");
      expect(live.metadata.annotations).toMatchObject({ "example.test/note.d": "x" });
    });

    test("C56 what was never ours is left to its owner, the rest is applied, and a later process knows", async () => {
      const labels = (a: string, b: string) => made("ConfigMap", "v1", { data: { "dotted.key-a": a, b } });
      await bring(cluster, { [cellPath]: cell() }, heal);
      await cluster.other.send("apply", `${at("api/v1/NS/configmaps")}?fieldManager=an-operator`, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "web" },
        data: { "dotted.key-a": "theirs" },
      });
      const first = await bring(cluster, { [cellPath]: cell(), [webPath]: [labels("1", "1")] }, heal);
      expect(told(first)).toEqual([expect.stringContaining("(left alone: an-operator owns .data.dotted.key-a)")]);
      const later = await bring(cluster, { [cellPath]: cell(), [webPath]: [labels("2", "2")] }, heal);
      expect(told(later)).toEqual([expect.stringContaining("(left alone: an-operator owns .data.dotted.key-a)")]);
      expect((await read("api/v1/NS/configmaps")).data).toEqual({ "dotted.key-a": "theirs", b: "2" });
      await cluster.other.send("apply", `${at("api/v1/NS/configmaps")}?fieldManager=an-operator`, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "web" },
      });
      const free = await bring(cluster, { [cellPath]: cell(), [webPath]: [labels("3", "3")] }, heal);
      expect(told(free)).toEqual([expect.stringMatching(/^configured ConfigMap\/[^(]*$/u)]);
      const live = await read("api/v1/NS/configmaps");
      expect(live.data).toEqual({ "dotted.key-a": "3", b: "3" });
      expect(live.metadata.annotations).toBeUndefined();
    });
  });

  describe("replicas", () => {
    const scale = async (replicas: number, manager: string): Promise<void> => {
      const object = await read("apis/apps/v1/NS/deployments", "web/scale");
      object.spec.replicas = replicas;
      delete object.metadata.resourceVersion;
      await cluster.other.send(
        "update",
        `${at("apis/apps/v1/NS/deployments", "web/scale")}?fieldManager=${manager}`,
        object,
      );
    };
    const replicasOf = async (): Promise<unknown> => (await read("apis/apps/v1/NS/deployments")).spec.replicas;

    test("C56 an autoscaler added to a running Deployment never changes its replicas", async () => {
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({ replicas: 5 })] }, heal);
      const hpa = made("HorizontalPodAutoscaler", "autoscaling/v2", {
        spec: {
          maxReplicas: 9,
          minReplicas: 2,
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        },
      });
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({}), hpa] }, heal);
      expect(await replicasOf()).toBe(5);
      await scale(7, "kube-controller-manager");
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({ image: "web:2" }), hpa] }, heal);
      expect(await replicasOf()).toBe(7);
    });

    test("C56 an autoscaler that the manifest does not know of is not fought", async () => {
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({ replicas: 2 })] }, heal);
      await scale(6, "kube-controller-manager");
      const result = await bring(
        cluster,
        { [cellPath]: cell(), [webPath]: [deployment({ image: "web:2", replicas: 2 })] },
        heal,
      );
      expect(told(result)).toEqual([expect.stringContaining("left alone: kube-controller-manager")]);
      expect(await replicasOf()).toBe(6);
    });

    test("a person's kubectl scale is drift", async () => {
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({ replicas: 2 })] }, heal);
      await scale(6, "kubectl");
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({ image: "web:2", replicas: 2 })] }, heal);
      expect(await replicasOf()).toBe(2);
    });

    test("replicas that come back to the manifest are ours again", async () => {
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({ replicas: 3 })] }, heal);
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({})] }, heal);
      expect(await replicasOf()).toBe(3);
      await bring(cluster, { [cellPath]: cell(), [webPath]: [deployment({ replicas: 4 })] }, heal);
      expect(await replicasOf()).toBe(4);
    });
  });

  describe("immutable fields", () => {
    const claim = (mode: string) =>
      made("PersistentVolumeClaim", "v1", {
        spec: { accessModes: [mode], resources: { requests: { storage: "1Gi" } } },
      });
    const job = (image: string) =>
      made("Job", "batch/v1", {
        spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image }] } } },
      });
    const statefulSet = (serviceName: string) =>
      made("StatefulSet", "apps/v1", {
        spec: { serviceName, replicas: 1, selector: { matchLabels: { app: "web" } }, template: template("web") },
      });
    const binding = (name: string) =>
      made("RoleBinding", "rbac.authorization.k8s.io/v1", {
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
        subjects: [],
      });
    const service = (clusterIP: string) => made("Service", "v1", { spec: { clusterIP, ports: [{ port: 80 }] } });
    const sealed = (value: string) => made("ConfigMap", "v1", { immutable: true, data: { value } });
    const cases: readonly (readonly [string, () => readonly [Manifest, Manifest]])[] = [
      ["Deployment selector", () => [deployment({}), deployment({ app: "b" })]],
      ["Job template", () => [job("a:1"), job("a:2")]],
      ["Service clusterIP", () => [service("127.96.7.77"), service("127.96.7.78")]],
      ["PersistentVolumeClaim access mode", () => [claim("ReadWriteOnce"), claim("ReadWriteMany")]],
      ["StatefulSet service name", () => [statefulSet("a"), statefulSet("b")]],
      ["RoleBinding role", () => [binding("view"), binding("edit")]],
      ["sealed ConfigMap", () => [sealed("1"), sealed("2")]],
    ];

    test.each(cases)("C57 %s: held, both by the plan and by the API server's refusal", async (_, manifests) => {
      const [before, after] = manifests();
      await bring(cluster, { [cellPath]: cell(), [webPath]: [before] });
      const held = await bring(cluster, { [cellPath]: cell(), [webPath]: [after] });
      expect(told(held)).toEqual([
        expect.stringMatching(/^held .*needs approval; to approve: gitplane approve [0-9a-f]{12}\)$/u),
      ]);
      // A process that knows of no earlier version asks the server.
      const object = held.plan.steps.flatMap((step) =>
        step.action === "skip" && step.of === "replace" ? [step.object] : [],
      )[0];
      if (object === undefined) throw new Error("the plan holds no replacement");
      const refusal = await cluster.target.apply(object, {
        dryRun: true,
        force: true,
        signal: AbortSignal.timeout(10_000),
      });
      expect(refusal).toMatchObject({ kind: "failed", class: "permanent", isImmutable: true });
    });

    test("C57 a StatefulSet is replaced without its pods", async () => {
      const allow = (manifest: Manifest): Manifest => ({
        ...manifest,
        annotations: { "gitplane.dev/replace": "allowed" },
      });
      await bring(cluster, { [cellPath]: cell(), [webPath]: [statefulSet("a")] });
      const before = await read("apis/apps/v1/NS/statefulsets");
      const pod = await waitFor(async () => await read("api/v1/NS/pods", "web-0"));
      const result = await bring(cluster, { [cellPath]: cell(), [webPath]: [allow(statefulSet("b"))] });
      expect(told(result)).toEqual([expect.stringMatching(/^replaced apps\/StatefulSet\//u)]);
      const after = await read("apis/apps/v1/NS/statefulsets");
      expect(after.metadata.uid).not.toBe(before.metadata.uid);
      expect(after.spec.serviceName).toBe("b");
      // The pod comes to belong to the new one: the same pod if it was left alone, another if it was deleted along.
      const owned = await waitFor(async () => {
        const found = await read("api/v1/NS/pods", "web-0");
        if (found.metadata.ownerReferences?.[0]?.uid !== after.metadata.uid) throw new Error("nobody has adopted it");
        return found;
      });
      expect(owned.metadata.uid).toBe(pod.metadata.uid);
    });

    test("C57 data is never replaced by a class's word alone", async () => {
      const allow = (manifest: Manifest): Manifest => ({
        ...manifest,
        annotations: { "gitplane.dev/replace": "allowed" },
      });
      await bring(cluster, { [cellPath]: cell(), [webPath]: [claim("ReadWriteOnce")] });
      const result = await bring(cluster, { [cellPath]: cell(), [webPath]: [allow(claim("ReadWriteMany"))] });
      expect(told(result)).toEqual([expect.stringMatching(/^held PersistentVolumeClaim\//u)]);
    });

    test("a replacement that finalizers hold up is named, and goes on where it stopped", async () => {
      const allow = (manifest: Manifest): Manifest => ({
        ...manifest,
        annotations: { "gitplane.dev/replace": "allowed" },
      });
      await bring(cluster, { [cellPath]: cell(), [webPath]: [sealed("1")] });
      await update("api/v1/NS/configmaps", (object) => {
        object.metadata.finalizers = ["example.test/slow"];
      });
      const stuck = await bring(cluster, { [cellPath]: cell(), [webPath]: [allow(sealed("2"))] });
      expect(told(stuck)).toEqual([
        expect.stringMatching(/^failed .*which the finalizer example\.test\/slow holds up\)$/u),
      ]);
      await update("api/v1/NS/configmaps", (object) => {
        object.metadata.finalizers = [];
      });
      const done = await bring(cluster, { [cellPath]: cell(), [webPath]: [allow(sealed("2"))] });
      expect(told(done)).toEqual([expect.stringMatching(/^(?:replaced|configured) ConfigMap\//u)]);
      expect((await read("api/v1/NS/configmaps")).data).toEqual({ value: "2" });
    });
  });
}

async function waitFor<T>(look: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await look();
    } catch (error) {
      if (tries >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
