import { expect, test } from "vitest";
import { objectKey, objectId } from "../schemas/object-id.ts";
import { definedKinds, findNeeds } from "./needs.ts";
import { type Manifest, renderManifest } from "./plane-branch.ts";
import type { ApplyStep } from "./step.ts";
import { testPlane } from "./testbed.ts";

const definition: Manifest = {
  kind: "CustomResourceDefinition",
  apiVersion: "apiextensions.k8s.io/v1",
  name: "widgets.example.test",
  body: {
    spec: {
      group: "example.test",
      names: { kind: "Widget" },
      versions: [{ name: "v1", served: true }, { name: "v1beta1", served: false }, { name: "v2" }, null],
    },
  },
};

function needsOf(tree: Readonly<Record<string, readonly Manifest[]>>): unknown {
  const chains = Object.entries(tree).map(([path, manifests]) => {
    const steps = manifests.map((manifest): ApplyStep => {
      const object = renderManifest(testPlane, path, manifest);
      const key = objectKey(object);
      return { action: "create", id: objectId(key), key, path, object, reason: "new" };
    });
    return [path, steps] as const;
  });
  return Object.fromEntries(findNeeds(new Map(chains)));
}

const namespace: Manifest = { kind: "Namespace", name: "dev" };
const widget: Manifest = { kind: "Widget", apiVersion: "example.test/v1", name: "w", namespace: "dev" };
const configMap: Manifest = { kind: "ConfigMap", name: "a", namespace: "dev" };

test.each([
  [
    "a Release waits for its cell",
    { "cells/shop/dev.yaml": [namespace], "releases/shop/dev/web.yaml": [configMap] },
    { "releases/shop/dev/web.yaml": ["cells/shop/dev.yaml"] },
  ],
  [
    "a build waits for the cell that makes its namespace",
    { "cells/shop/dev.yaml": [namespace], "builds/shop/web/b1.yaml": [configMap] },
    { "builds/shop/web/b1.yaml": ["cells/shop/dev.yaml"] },
  ],
  [
    "a kind's objects wait for its definition",
    { "platform/crds.yaml": [definition], "releases/shop/dev/web.yaml": [widget] },
    { "releases/shop/dev/web.yaml": ["platform/crds.yaml"] },
  ],
  [
    "a part of the platform waits for the namespace that another brings",
    { "platform/a.yaml": [configMap], "platform/b.yaml": [namespace] },
    { "platform/a.yaml": ["platform/b.yaml"] },
  ],
  ["what the plan does not change is not waited for", { "releases/shop/dev/web.yaml": [configMap] }, {}],
  [
    "another cell is not waited for",
    { "cells/shop/prod.yaml": [{ ...namespace, name: "prod" }], "releases/shop/dev/web.yaml": [configMap] },
    {},
  ],
  [
    "nobody waits downwards or sideways, so never in a circle",
    {
      "platform/a.yaml": [{ ...namespace, name: "prod" }, configMap],
      "platform/b.yaml": [namespace, { ...configMap, namespace: "prod" }, widget],
      "releases/shop/dev/web.yaml": [definition],
    },
    {},
  ],
] as const)("%s", (_, tree, expected) => {
  expect(needsOf(tree)).toEqual(expected);
});

test("a definition brings its served versions", () => {
  const kinds = definedKinds(renderManifest(testPlane, "platform/a.yaml", definition));
  expect(kinds.map(({ version }) => version)).toEqual(["v1", "v2"]);
});

test.each([undefined, null, "x", { group: "g" }, { group: "g", names: null, versions: [] }])(
  "a definition with spec %j brings none",
  (spec) => {
    expect(definedKinds({ ...renderManifest(testPlane, "platform/a.yaml", definition), spec })).toEqual([]);
  },
);
