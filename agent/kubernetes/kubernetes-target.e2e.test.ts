import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { ClientHttp2Stream } from "node:http2";
import { describe, expect, test } from "vitest";
import { emptyRecord } from "../../schemas/applied-record.ts";
import { labelKeys } from "../../schemas/labels.ts";
import { type PlaneId, planeKey } from "../../schemas/layout.ts";
import { type KubernetesObject, objectKey } from "../../schemas/object-id.ts";
import { describeTargetContract } from "../target.contract.ts";
import { type KubernetesTarget, openKubernetesTarget } from "./kubernetes-target.ts";
import { openOther } from "./other-client.contract.ts";

const kubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"];
const signal = new AbortController().signal;

if (kubeconfig === undefined) {
  test("the Kubernetes target on a real API server", ({ skip }) => {
    process.stderr.write("SKIPPED: the Kubernetes target on a real API server; GITPLANE_TEST_KUBECONFIG is not set\n");
    skip("GITPLANE_TEST_KUBECONFIG is not set");
  });
} else {
  describeTargetContract("a real API server", () => openSubject(kubeconfig));
  describeRealServer(kubeconfig);
}

async function openSubject(path: string) {
  const id = randomUUID().slice(0, 8);
  const plane: PlaneId = { kind: "data", organization: "acme", name: `p${id}` };
  const namespace = `contract-${id}`;
  const other = await openOther(path);
  const target = await openKubernetesTarget({ source: { kind: "kubeconfig", path }, plane, agentVersion: "test" });
  await other.send("create", "/api/v1/namespaces", { metadata: { name: namespace } });
  const at = (name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  return {
    target,
    other,
    plane,
    namespace,
    writeAs: async (manager: string, object: KubernetesObject) => {
      await other.send("apply", `${at(object.metadata.name)}?fieldManager=${manager}&force=true`, object);
    },
    remove: async (key: { readonly name: string }) => {
      await other.send("delete", at(key.name));
    },
    [Symbol.asyncDispose]: async () => {
      await target[Symbol.asyncDispose]();
      await other.send("delete", `/api/v1/namespaces/${namespace}`);
      await other.send("delete", `/api/v1/namespaces/gitplane-system/configmaps/gitplane-applied-${planeKey(plane)}`);
      await other[Symbol.asyncDispose]();
    },
  };
}

function describeRealServer(path: string): void {
  describe("the Kubernetes target on a real API server", () => {
    test("C12 tells from a watch alone whether the record is the one that it was, and how far the history goes", async () => {
      await using subject = await openSubject(path);
      const { target, other, plane } = subject;
      const written = await target.writeRecord(emptyRecord("cluster"), { signal, version: undefined });
      if (written.kind !== "written") throw new Error(JSON.stringify(written));
      const { version } = written;
      const asked = new Map(target.requestsByVerb);
      expect(await target.isRecordAt(version, { signal, sinceMs: performance.now() })).toBe(true);
      await other.send(
        "apply",
        `/api/v1/namespaces/gitplane-system/configmaps/gitplane-applied-${planeKey(plane)}?fieldManager=other`,
        { apiVersion: "v1", kind: "ConfigMap", metadata: { annotations: { by: "other" } } },
      );
      expect(await target.isRecordAt(version, { signal, sinceMs: performance.now() })).toBe(false);
      expect(new Map(target.requestsByVerb)).toEqual(new Map([...asked, ["watch", 2]]));
    });

    test("C56 an answer to a request that was given up at once ends, and its error ends nothing else", async () => {
      await using subject = await openSubject(path);
      const { target, namespace } = subject;
      await target.readUid({ signal });
      const ended: Promise<unknown>[] = [];
      const watchEnds = (message: unknown): void => {
        const { stream, headers } = message as { readonly stream: ClientHttp2Stream; readonly headers: object };
        if (":status" in headers) ended.push(once(stream, "close"));
      };
      subscribe("http2.client.stream.created", watchEnds);
      const key = { group: "", version: "v1", kind: "ConfigMap", namespace, name: "none" };
      for (let turns = 0; turns < 200; turns += 1) {
        const givenUp = new AbortController();
        const reading = target.read(key, { signal: givenUp.signal }).catch(() => undefined);
        for (let turn = 0; turn < turns % 20; turn += 1) await Promise.resolve();
        givenUp.abort();
        await reading;
      }
      await target.readUid({ signal });
      unsubscribe("http2.client.stream.created", watchEnds);
      expect(ended.length).toBeGreaterThan(0);
      await Promise.all(ended);
    });

    test("C40 a mistyped value and a bad one are permanent, and of a Secret neither is repeated", async () => {
      await using subject = await openSubject(path);
      const { target, namespace } = subject;
      const secret = (data: unknown): KubernetesObject => ({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "s", namespace },
        data,
      });
      for (const data of [{ k: "hunter2!!" }, { k: { x: "hunter2!!" } }, { "hunter 2": "aHVudGVyMg==" }]) {
        const outcome = await target.apply(secret(data), { signal, dryRun: false });
        expect(outcome).toMatchObject({ kind: "failed", class: "permanent" });
        expect(JSON.stringify(outcome)).not.toContain("hunter2");
      }
      const service = { apiVersion: "v1", kind: "Service", metadata: { name: "s", namespace }, spec: { ports: [] } };
      expect(await target.apply(service, { signal, dryRun: false })).toMatchObject({
        kind: "failed",
        class: "permanent",
        reason: expect.stringContaining("spec.ports") as string,
      });
    });

    test("C58 a namespace that is being deleted blocks what goes into it", async () => {
      await using subject = await openSubject(path);
      const { target, other } = subject;
      const name = `ending-${randomUUID().slice(0, 8)}`;
      // Stays terminating for as long as the test needs, whether or not a controller runs.
      await other.send("create", "/api/v1/namespaces", { metadata: { name, finalizers: ["test.example/hold"] } });
      await other.send("delete", `/api/v1/namespaces/${name}`);
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: name } };
      expect(await target.apply(object, { signal, dryRun: false })).toMatchObject({ kind: "failed", class: "blocked" });
      const key = { group: "", version: "v1", kind: "Namespace", name };
      expect(await target.read(key, { signal })).toMatchObject({ kind: "found", metadata: { deleting: true } });
      await release(other, name);
    });

    test("names with capitals and colons keep them", async () => {
      await using subject = await openSubject(path);
      const name = `Test:Role-${randomUUID().slice(0, 8)}`;
      const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name }, rules: [] };
      const outcome = await subject.target.apply(role, { signal, dryRun: false });
      if (outcome.kind !== "applied") throw new Error(JSON.stringify(outcome));
      const { uid } = outcome;
      expect(await subject.target.delete(objectKey(role), { signal, uid })).toEqual({ kind: "deleted" });
    });

    test("C65 an object is found under another version when its own is not served", async () => {
      await using subject = await openSubject(path);
      const { target, namespace } = subject;
      const key = { group: "apps", version: "v1beta1", kind: "Deployment", namespace, name: "none" };
      expect(await target.serves(key, { signal })).toEqual({ kind: "not-served" });
      expect(await target.read(key, { signal })).toEqual({ kind: "absent" });
      expect(target.requestsByVerb.get("get")).toBeGreaterThan(1);
    });

    test("C11 a group whose API server is down is failed, not missing, and the others go on", async () => {
      await using subject = await openSubject(path);
      const { target, other } = subject;
      const group = `down${randomUUID().slice(0, 8)}.example`;
      const key = { group, version: "v1", kind: "Widget" };
      const spec = {
        group,
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: "nobody", namespace: "kube-system" },
      };
      const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices";
      await other.send("create", apiServices, { metadata: { name: `v1.${group}` }, spec });
      // The aggregator puts it into discovery within a second or two; until then it is not there at all.
      await expect
        .poll(async () => (await target.serves(key, { signal, fresh: true })).kind, { timeout: 30_000, interval: 500 })
        .toBe("failed");
      expect(await target.read({ ...key, name: "a" }, { signal })).toMatchObject({
        kind: "failed",
        class: "transient",
      });
      const deployment = { group: "apps", version: "v1", kind: "Deployment" };
      expect(await target.serves(deployment, { signal, fresh: true })).toMatchObject({ kind: "served" });
      await other.send("delete", `${apiServices}/v1.${group}`);
    });

    test("a record that cannot be parsed is a failure, never absent", async () => {
      await using subject = await openSubject(path);
      const { target, other, plane } = subject;
      await target.writeRecord(emptyRecord("c"), { signal, version: undefined });
      const at = `/api/v1/namespaces/gitplane-system/configmaps/gitplane-applied-${planeKey(plane)}`;
      const live = (await other.send("get", at)) as { data: Record<string, string> };
      await other.send("update", at, { ...live, data: { record: "{" } });
      expect(await target.readRecord({ signal })).toMatchObject({ kind: "failed", class: "permanent" });
    });

    test("many objects are listed page by page", async () => {
      await using subject = await openSubject(path);
      const { target, namespace, plane } = subject;
      await applyMany(target, { namespace, plane, count: 1100, inFlight: 32 });
      const controller = new AbortController();
      const before = target.requestsByVerb.get("list") ?? 0;
      let count = 0;
      await target.watch({
        group: "",
        version: "v1",
        kind: "ConfigMap",
        detail: "metadata",
        reduce: () => undefined,
        onEvent: (event) => {
          if (event.kind === "listed") count = event.objects.length;
          controller.abort();
        },
        signal: controller.signal,
      });
      expect(count).toBe(1100);
      expect((target.requestsByVerb.get("list") ?? 0) - before).toBe(3);
    });
  });
}

async function release(other: Awaited<ReturnType<typeof openOther>>, name: string): Promise<void> {
  const live = (await other.send("get", `/api/v1/namespaces/${name}`)) as { metadata: object };
  await other.send("update", `/api/v1/namespaces/${name}`, { ...live, metadata: { ...live.metadata, finalizers: [] } });
}

async function applyMany(
  target: KubernetesTarget,
  options: { readonly namespace: string; readonly plane: PlaneId; readonly count: number; readonly inFlight: number },
): Promise<void> {
  const { namespace, plane, count, inFlight } = options;
  const labels = { [labelKeys.plane]: planeKey(plane) };
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      const metadata = { name: `many-${next}`, namespace, labels };
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { n: String(next) } };
      const outcome = await target.apply(object, { signal, dryRun: false });
      if (outcome.kind !== "applied") throw new Error(JSON.stringify(outcome));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
}
