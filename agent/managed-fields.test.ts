import { describe, expect, test } from "vitest";
import { locateField, withoutFields } from "./conflict-path.ts";
import { compareFields } from "./drift/differences.ts";
import { lostFields, type ManagedFields, printOfApplied } from "./managed-fields.ts";

const own = (fieldsV1: unknown): ManagedFields => ({ manager: "us", operation: "Apply", subresource: "", fieldsV1 });

const manifest = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "dev", labels: { "app.kubernetes.io/name": "web" } },
  spec: {
    replicas: 2,
    template: {
      spec: {
        containers: [
          { name: "main", image: "web:1", ports: [{ containerPort: 80 }], args: ["-v", "-q"] },
          { name: "side", image: "side:1" },
        ],
      },
    },
    finalizers: ["a", "b"],
    emptyDir: {},
  },
};

type Nodes = (typeof everything)["f:spec"];
const everything = {
  "f:metadata": { "f:labels": { "f:app.kubernetes.io/name": {} } },
  "f:spec": {
    "f:replicas": {},
    "f:template": {
      "f:spec": {
        "f:containers": {
          'k:{"name":"main"}': {
            ".": {},
            "f:name": {},
            "f:image": {},
            "f:args": {},
            "f:ports": { 'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} } },
          },
          'k:{"name":"side"}': { ".": {}, "f:name": {}, "f:image": {} },
        },
      },
    },
    "f:finalizers": { 'v:"a"': {}, 'v:"b"': {} },
    "f:emptyDir": {},
  },
};

describe("fields that are not ours any more", () => {
  test("none while everything is", () => {
    expect(lostFields(manifest, [own(everything)], "us")).toEqual([]);
  });

  test.each<[string, (spec: Nodes) => void, readonly unknown[]]>([
    ["a scalar", (spec) => Reflect.deleteProperty(spec, "f:replicas"), ["spec", "replicas"]],
    [
      "a field of a list's item",
      (spec) => Reflect.deleteProperty(spec["f:template"]["f:spec"]["f:containers"]['k:{"name":"main"}'], "f:image"),
      ["spec", "template", "spec", "containers", 0, "image"],
    ],
    [
      "an item by its key",
      (spec) => Reflect.deleteProperty(spec["f:template"]["f:spec"]["f:containers"], 'k:{"name":"side"}'),
      ["spec", "template", "spec", "containers", 1],
    ],
    [
      "an item by its value",
      (spec) => Reflect.deleteProperty(spec["f:finalizers"], 'v:"b"'),
      ["spec", "finalizers", 1],
    ],
    ["an empty mapping", (spec) => Reflect.deleteProperty(spec, "f:emptyDir"), ["spec", "emptyDir"]],
  ])("%s", (_, take, path) => {
    const fields = structuredClone(everything);
    take(fields["f:spec"]);
    expect(lostFields(manifest, [own(fields)], "us")).toEqual([path]);
    expect(printOfApplied([own(fields)], "us")).not.toBe(printOfApplied([own(everything)], "us"));
  });

  test("a mapping of which only the dot is left has lost every field", () => {
    const fields = { ...everything, "f:metadata": { "f:labels": { ".": {} } } };
    expect(lostFields(manifest, [own(fields)], "us")).toEqual([["metadata", "labels", "app.kubernetes.io/name"]]);
  });

  test("another manager's part is not ours, nor is what we wrote otherwise", () => {
    const others = [
      { ...own(everything), manager: "them" },
      { ...own(everything), operation: "Update" },
    ];
    expect(lostFields({ ...manifest, spec: { replicas: 1 } }, others, "us")).toContainEqual(["spec", "replicas"]);
  });
});

describe("differences", () => {
  const without = { ...everything, "f:spec": { ...everything["f:spec"], "f:replicas": undefined } };
  const theirs = {
    manager: "them",
    operation: "Update",
    subresource: "",
    time: "2026-01-01T00:00:00Z",
    fieldsV1: { "f:spec": { "f:replicas": {} } },
  };
  const compare = (replicas: number | undefined, leftOut: readonly (readonly string[])[] = []) => {
    const fields = JSON.parse(JSON.stringify(without)) as unknown;
    const live = { ...manifest, spec: { ...manifest.spec, replicas } };
    return compareFields({ manifest, live, managed: [own(fields), theirs], manager: "us", leftOut }).differences;
  };

  test("say what, and who", () => {
    expect(compare(5)).toEqual([
      { path: ["spec", "replicas"], operation: { op: "replace", path: "/spec/replicas", value: 5 }, owners: [theirs] },
    ]);
    expect(compare(undefined)[0]?.operation).toEqual({ op: "remove", path: "/spec/replicas" });
  });

  test("are none where others want the same, and where a field is left to them", () => {
    expect(compare(2)).toEqual([]);
    expect(compare(5, [["spec", "replicas"]])).toEqual([]);
  });

  test("escape names in pointers (RFC 6901)", () => {
    const fields = { ...everything, "f:metadata": {} };
    const live = { ...manifest, metadata: { ...manifest.metadata, labels: { "app.kubernetes.io/name": "x" } } };
    // An empty node stands for the whole, so the labels count as ours.
    expect(compareFields({ manifest, live, managed: [own(fields)], manager: "us", leftOut: [] }).differences).toEqual(
      [],
    );
    const gone = { "f:spec": everything["f:spec"] };
    const found = compareFields({ manifest, live, managed: [own(gone)], manager: "us", leftOut: [] }).differences;
    expect(found.map(({ operation }) => operation.path)).toEqual(["/metadata/labels/app.kubernetes.io~1name"]);
  });
});

describe("fields as the API server names them", () => {
  test.each<[string, readonly unknown[] | undefined]>([
    [".spec.replicas", ["spec", "replicas"]],
    [".metadata.labels.app.kubernetes.io/name", ["metadata", "labels", "app.kubernetes.io/name"]],
    ['.spec.template.spec.containers[name="main"].image', ["spec", "template", "spec", "containers", 0, "image"]],
    [
      '.spec.template.spec.containers[name="main"].ports[containerPort=80,protocol="TCP"].containerPort',
      ["spec", "template", "spec", "containers", 0, "ports", 0, "containerPort"],
    ],
    ['.spec.finalizers[="b"]', ["spec", "finalizers", 1]],
    [".spec.template.spec.containers[1].image", ["spec", "template", "spec", "containers", 1, "image"]],
    [".spec.unknown", undefined],
    ['.spec.template.spec.containers[name="other"]', undefined],
    ["", []],
  ])("%s", (text, path) => {
    expect(locateField(manifest, text)).toEqual(path);
  });

  test("are taken out, items of one list too", () => {
    const paths = [".spec.replicas", '.spec.finalizers[="a"]', '.spec.finalizers[="b"]'].map(
      (text) => locateField(manifest, text) ?? [],
    );
    const { spec } = withoutFields(manifest, paths);
    expect(spec).toEqual({ template: manifest.spec.template, finalizers: [], emptyDir: {} });
    expect(manifest.spec.finalizers).toHaveLength(2);
  });
});
