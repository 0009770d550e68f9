/**
 * Invariants 3, 4 and 9 on a real API server: what an agent deletes, what it holds, and that its audit log knows of no other
 * delete. Each test is named by its case.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { FedPlane, type FedTree, type Reported } from "./platform/fed-plane.ts";
import { sharedAuditLog, sharedKubeconfig } from "./platform/test-platform.ts";
import { poll } from "./clusters/poll.ts";

const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const apiPath = "releases/shop/dev/api.yaml";
const platformPath = "platform/base.yaml";

let number = 0;
let organization: string;
let fed: FedPlane;

function namespace(name: string, annotations: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: `${organization}-${name}`, annotations } };
}

function object(kind: string, name: string, body: object = {}): KubernetesObject {
  return { apiVersion: "v1", kind, metadata: { name, namespace: `${organization}-dev` }, ...body };
}

const configMap = (name: string, value = "1"): KubernetesObject => object("ConfigMap", name, { data: { value } });
const configMaps = (count: number, prefix: string): readonly KubernetesObject[] =>
  Array.from({ length: count }, (_, index) => configMap(`${prefix}${index}`));

function deployment(name: string, labels: Record<string, string> = {}): KubernetesObject {
  const own = { app: name, ...labels };
  const pod = { metadata: { labels: own }, spec: { containers: [{ name: "main", image: "example.test/a:1" }] } };
  return object("Deployment", name, {
    apiVersion: "apps/v1",
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: pod },
  });
}

const inNamespace = (path: string): string => `/api/v1/namespaces/${organization}-dev/${path}`;

async function names(path: string): Promise<readonly string[]> {
  const { items } = (await fed.cluster.get(path)) as {
    readonly items: readonly { readonly metadata: { readonly name: string } }[];
  };
  return items
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== "kube-root-ca.crt")
    .toSorted();
}

async function gone(path: string): Promise<void> {
  await poll({
    what: `the end of ${path}`,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    probe: async () => ((await fed.cluster.find(path)) === undefined ? true : undefined),
  });
}

function heldIds({ plane }: Reported): readonly (readonly string[])[] {
  return (plane.holds ?? []).map(({ steps }) => steps.map(({ id }) => id));
}

const isUnheld = ({ plane }: Reported): boolean => plane.holds === undefined;

describe.skipIf(sharedKubeconfig === undefined || sharedAuditLog === undefined)("prune and holds", () => {
  beforeEach(async () => {
    number += 1;
    organization = `held${number}`;
    fed = await FedPlane.open(organization);
  });
  afterEach(async () => {
    await fed[Symbol.asyncDispose]();
  });

  test("C01 a tree that loses every Release holds all of it, across a restart, and deletes nothing", async () => {
    const tree: FedTree = { [cellPath]: [namespace("dev")], [webPath]: [configMap("a")], [apiPath]: [configMap("b")] };
    await fed.bring(tree);
    const emptied = await fed.bring({});
    expect(heldIds(emptied)).toEqual([
      [`Namespace/${organization}-dev`],
      [`ConfigMap/${organization}-dev/a`, `ConfigMap/${organization}-dev/b`],
    ]);
    await fed.restart();
    await fed.reported(({ plane }) => plane.instance !== emptied.plane.instance);
    expect(await fed.deletes()).toEqual([]);
    expect(await names(inNamespace("configmaps"))).toEqual(["a", "b"]);
    expect(isUnheld(await fed.bring(tree))).toBe(true);
    expect(await fed.deletes()).toEqual([]);
  });

  test("C01 a plane with a tombstone goes whole without approval, and what others put in stays held", async () => {
    const claim = object("PersistentVolumeClaim", "data", {
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName: "none" },
    });
    await fed.bring({
      [cellPath]: [namespace("dev"), namespace("other")],
      [webPath]: [...configMaps(60, "w"), claim],
      [apiPath]: [configMap("b")],
    });
    const theirs = `/api/v1/namespaces/${organization}-other/configmaps`;
    await fed.cluster.create(theirs, { metadata: { name: "theirs" } });
    fed.set({ decommissioned: true });
    const ended = await fed.bring({});
    expect(heldIds(ended)).toEqual([[`ConfigMap/${organization}-other/theirs`, `Namespace/${organization}-other`]]);
    await gone(`/api/v1/namespaces/${organization}-dev`);
    expect(await names(theirs)).toEqual(["theirs"]);
  });

  test("C02 a commit that deletes over the budget applies the rest, holds its deletes as one, and takes them when approved", async () => {
    const keeps = configMaps(70, "keep");
    const first: FedTree = {
      [cellPath]: [namespace("dev"), namespace("one"), namespace("two")],
      [webPath]: configMaps(28, "go"),
      [apiPath]: keeps,
    };
    await fed.bring(first);
    const second: FedTree = { [cellPath]: [namespace("dev")], [apiPath]: [...keeps, configMap("new")] };
    const held = await fed.bring(second);
    expect(await names(inNamespace("configmaps"))).toHaveLength(70 + 28 + 1);
    expect(await fed.deletes()).toEqual([]);
    const [guarded = [], over = []] = heldIds(held);
    expect(guarded).toEqual([`Namespace/${organization}-one`, `Namespace/${organization}-two`]);
    expect(over).toHaveLength(28);
    // A commit that has to do with something else changes no hash.
    const again = await fed.bring({ ...second, [apiPath]: [...keeps, configMap("new", "2")] });
    expect(again.plane.holds).toEqual(held.plane.holds);
    fed.approve(held.plane.holds ?? []);
    await fed.publish(second);
    await fed.reported(isUnheld);
    await gone(`/api/v1/namespaces/${organization}-two`);
    expect((await fed.deletes()).length).toBe(30);
    expect(await names(inNamespace("configmaps"))).toEqual(
      [...keeps.map(({ metadata }) => metadata.name), "new"].toSorted(),
    );
  });

  test.each([
    { from: apiPath, to: webPath },
    { from: webPath, to: apiPath },
  ])(
    "C05 C06 objects that move from $from to $to, or to a new path, are never deleted and no Pod restarts",
    async ({ from, to }) => {
      const rest = { [cellPath]: [namespace("dev")] };
      await fed.bring({ ...rest, [from]: [deployment("web"), configMap("f")], [to]: [configMap("t")] });
      const pods = async (): Promise<readonly string[]> => names(inNamespace("pods"));
      await poll({
        what: "the Pod",
        timeoutMs: 30_000,
        signal: new AbortController().signal,
        probe: async () => ((await pods()).length === 1 ? true : undefined),
      });
      const before = await pods();
      await fed.bring({ ...rest, [from]: [configMap("f")], [to]: [configMap("t"), deployment("web")] });
      await fed.bring({
        ...rest,
        "releases/shop/dev/renamed.yaml": [configMap("t"), deployment("web"), configMap("f")],
      });
      // The same in two commits: claimed twice for a while, and the owner keeps it.
      const both = {
        ...rest,
        "releases/shop/dev/renamed.yaml": [configMap("t"), deployment("web")],
        [from]: [deployment("web"), configMap("f")],
      };
      await fed.bring(both);
      await fed.bring({ ...rest, [from]: [deployment("web"), configMap("f")], [to]: [configMap("t")] });
      expect(await pods()).toEqual(before);
      expect(await fed.deletes()).toEqual([]);
    },
  );

  test("C07 a Release and what it stands on go in one commit, each object deleted once", async () => {
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: `${organization}-reader` },
      rules: [],
    };
    await fed.bring({
      [cellPath]: [namespace("dev")],
      [platformPath]: [role],
      [webPath]: [deployment("web"), configMap("w")],
      [apiPath]: [configMap("a")],
    });
    await fed.bring({ [cellPath]: [namespace("dev")], [apiPath]: [configMap("a")] });
    expect((await fed.deletes()).toSorted()).toEqual([
      `clusterroles/${organization}-reader`,
      "configmaps/w",
      "deployments/web",
    ]);
    await fed.restart();
    await fed.bring({ [cellPath]: [namespace("dev")], [apiPath]: [configMap("a", "2")] });
    expect(await fed.deletes()).toHaveLength(3);
    expect(await names(inNamespace("configmaps"))).toEqual(["a"]);
  });

  describe("definitions", () => {
    const group = (): string => `${organization}.example.test`;
    const definition = (): KubernetesObject => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `widgets.${group()}` },
      spec: {
        group: group(),
        scope: "Namespaced",
        names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
      },
    });
    const widget = (name: string): KubernetesObject => object("Widget", name, { apiVersion: `${group()}/v1` });
    const rest = (): FedTree => ({ [cellPath]: [namespace("dev")], [apiPath]: [configMap("a")] });
    const definitionPath = (): string => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group()}`;

    test("C08 a definition and its objects go together: the objects at once, it when approved", async () => {
      await fed.bring({ ...rest(), [platformPath]: [definition()], [webPath]: [widget("w"), configMap("w")] });
      const removed = await fed.bring(rest());
      expect(heldIds(removed)).toEqual([[`apiextensions.k8s.io/CustomResourceDefinition/widgets.${group()}`]]);
      fed.approve(removed.plane.holds ?? []);
      await fed.publish(rest());
      await endsWithoutError();
    });

    test("C08 objects whose definition is gone before them are done with, without an error", async () => {
      // Where drift is healed the definition would come back.
      fed.set({ drift: "report" });
      await fed.bring({ ...rest(), [platformPath]: [definition()], [webPath]: [widget("w"), configMap("w")] });
      await fed.cluster.remove(definitionPath());
      await gone(definitionPath());
      await fed.publish(rest());
      await endsWithoutError();
    });

    async function endsWithoutError(): Promise<void> {
      await fed.reported((reported) => isUnheld(reported) && reported.releases.size === 2);
      await gone(definitionPath());
      expect(await fed.log()).not.toMatch(/failed (?!.*is being deleted)/);
    }

    test("C09 a definition with objects of others is held with their number", async () => {
      await fed.bring({ ...rest(), [platformPath]: [definition()], [webPath]: [widget("w"), configMap("w")] });
      for (const name of ["theirs-1", "theirs-2"]) await fed.cluster.apply(widget(name));
      const held = await fed.bring(rest());
      expect(held.plane.holds?.[0]?.reason).toContain(
        `along with it would go 2 objects that are not ours: ${group()}/Widget/${organization}-dev/theirs-1, ${group()}/Widget/${organization}-dev/theirs-2`,
      );
      expect(await fed.deletes()).toEqual(expect.not.arrayContaining([`customresourcedefinitions/widgets.${group()}`]));
      expect(await names(`/apis/${group()}/v1/namespaces/${organization}-dev/widgets`)).toEqual([
        "theirs-1",
        "theirs-2",
      ]);
    });
  });

  test("C10 a namespace with objects of others is held and lists them, and goes when exactly it is approved", async () => {
    const tree = { [cellPath]: [namespace("dev")], [webPath]: [configMap("a")] };
    const other = { [platformPath]: [namespace("other")] };
    await fed.bring({ ...tree, ...other });
    await fed.cluster.create(inNamespace("secrets"), { metadata: { name: "theirs" } });
    const held = await fed.bring(other);
    expect(heldIds(held)).toEqual([[`Namespace/${organization}-dev`, `Secret/${organization}-dev/theirs`]]);
    expect(held.plane.holds?.[0]?.reason).toContain(`1 object that is not ours: Secret/${organization}-dev/theirs`);
    expect(await fed.deletes()).toEqual(["configmaps/a"]);
    fed.approve(
      (held.plane.holds ?? []).map((hold) => ({
        ...hold,
        steps: hold.steps.map((step) => ({ ...step, uid: "another" })),
      })),
    );
    expect(heldIds(await fed.bring(other))).toHaveLength(1);
    expect(await fed.log()).toContain("does not name the steps that its file name stands for");
    await fed.cluster.create(inNamespace("secrets"), { metadata: { name: "late" } });
    fed.approve(held.plane.holds ?? []);
    const again = await fed.bring(other);
    expect(heldIds(again)).toEqual([
      [`Namespace/${organization}-dev`, `Secret/${organization}-dev/late`, `Secret/${organization}-dev/theirs`],
    ]);
    fed.approve(again.plane.holds ?? []);
    await fed.publish(other);
    await gone(`/api/v1/namespaces/${organization}-dev`);
    expect(isUnheld(await fed.reported(isUnheld))).toBe(true);
    expect(await fed.deletes()).toEqual(["configmaps/a", `namespaces/${organization}-dev`]);
  });

  test("C13 children that inherit our labels are not ours to delete, and keep no namespace from going", async () => {
    const inherited = { "gitplane.dev/plane": `data.${organization}.main`, "app.kubernetes.io/managed-by": "gitplane" };
    const rest = { [platformPath]: [namespace("other")] };
    await fed.bring({
      ...rest,
      [cellPath]: [namespace("dev", { "gitplane.dev/ephemeral": "true" })],
      [webPath]: [
        deployment("web", inherited),
        object("Service", "web", { spec: { ports: [{ port: 80 }], selector: { app: "web" } } }),
      ],
    });
    await poll({
      what: "the Pod",
      timeoutMs: 30_000,
      signal: new AbortController().signal,
      probe: async () => ((await names(inNamespace("pods"))).length === 1 ? true : undefined),
    });
    await fed.publish(rest);
    await fed.reported(({ plane, releases }) => plane.holds === undefined && releases.size === 1);
    await gone(`/api/v1/namespaces/${organization}-dev`);
    expect((await fed.deletes()).toSorted()).toEqual([
      "deployments/web",
      `namespaces/${organization}-dev`,
      "services/web",
    ]);
  });

  test("C14 claims, volumes and StatefulSets are held under the budget; only what is approved goes", async () => {
    const claim = object("PersistentVolumeClaim", "data", {
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName: "none" },
    });
    const volume: KubernetesObject = {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `${organization}-volume` },
      spec: {
        accessModes: ["ReadWriteOnce"],
        capacity: { storage: "1Gi" },
        hostPath: { path: "/tmp/none" },
        storageClassName: "other",
      },
    };
    const labels = { app: "db" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "example.test/db:1" }] } };
    const set = object("StatefulSet", "db", {
      apiVersion: "apps/v1",
      spec: { serviceName: "db", replicas: 1, selector: { matchLabels: labels }, template },
    });
    const rest = { [cellPath]: [namespace("dev")], [apiPath]: [configMap("a")] };
    await fed.bring({ ...rest, [webPath]: [claim, set], [platformPath]: [volume] });
    const held = await fed.bring(rest);
    expect(heldIds(held)).toEqual([
      [`PersistentVolume/${organization}-volume`],
      [`PersistentVolumeClaim/${organization}-dev/data`, `apps/StatefulSet/${organization}-dev/db`],
    ]);
    expect(await fed.deletes()).toEqual([]);
    fed.approve((held.plane.holds ?? []).slice(1));
    await fed.publish(rest);
    await fed.reported(({ plane, releases }) => plane.holds?.length === 1 && !releases.has(webPath));
    expect((await fed.deletes()).toSorted()).toEqual(["persistentvolumeclaims/data", "statefulsets/db"]);
    expect(await names("/api/v1/persistentvolumes")).toContain(`${organization}-volume`);
  });

  test("C58 a delete that waits for a finalizer is named, others flow, and it is done when that is taken off", async () => {
    const finalizers = ["cleanup.example.test/wait"];
    const waiting: KubernetesObject = {
      ...configMap("stuck"),
      metadata: { ...configMap("stuck").metadata, finalizers },
    };
    const rest = { [cellPath]: [namespace("dev")], [platformPath]: [namespace("other")] };
    await fed.bring({ ...rest, [webPath]: [waiting], [apiPath]: [configMap("a")] });
    await fed.publish({ ...rest, [apiPath]: [configMap("a")] });
    const blocked = await fed.reported(({ releases }) => releases.get(webPath)?.result === "failed");
    expect(blocked.releases.get(webPath)?.reason).toBe(
      `ConfigMap/${organization}-dev/stuck: is being deleted; waits for finalizer cleanup.example.test/wait (a controller of cleanup.example.test must take it off; does it still run?)`,
    );
    const flowing = await fed.bring({ ...rest, [apiPath]: [configMap("a", "2"), configMap("b")] });
    expect(flowing.releases.get(apiPath)?.result).not.toBe("failed");
    expect(await names(inNamespace("configmaps"))).toEqual(["a", "b", "stuck"]);
    await fed.cluster.request({
      method: "PATCH",
      path: inNamespace("configmaps/stuck"),
      body: { metadata: { finalizers: null } },
      contentType: "application/merge-patch+json",
    });
    await fed.reported(({ releases }) => !releases.has(webPath));
    expect(await fed.deletes()).toEqual(["configmaps/stuck"]);
  });
});
