import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { fieldPath, matchesField, parseFieldQuery, parsePointer } from "./field-path.ts";

const tree = trace(
  { metadata: { labels: { "a.b/c": "d" } }, spec: { containers: [{ name: "main", image: "x" }], args: ["y"] } },
  { kind: "rule", rule: "route" },
);

test.for([
  ["/spec/containers/0/image", "spec.containers[main].image"],
  ["/spec/args/0", "spec.args[0]"],
  ["/metadata/labels/a.b~1c", 'metadata.labels["a.b/c"]'],
] as const)("%s is written %s", ([pointer, text]) => {
  expect(fieldPath(tree, parsePointer(pointer))).toBe(text);
});

const leaf = {
  object: "apps/Deployment/dp-a/cart",
  field: "spec.template.spec.containers[main].image",
  pointer: "/spec/template/spec/containers/0/image",
};

test.for([
  ["image", true],
  ["containers[main]", true],
  ["containers[0].image", true],
  ["spec.template", true],
  ["/spec/template/spec/containers/0/image", true],
  ["Deployment", true],
  ["deployment.spec", false],
  ["Deployment/cart.spec.template", true],
  ["Deployment/other.spec", false],
  ["Service.spec", false],
  ["spec.image", false],
  ["containers[1]", false],
  ["imag", false],
] as const)("%s means the image of the container: %s", ([query, expected]) => {
  expect(matchesField(parseFieldQuery(query), leaf)).toBe(expected);
});
