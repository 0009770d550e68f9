import fc from "fast-check";
import { expect, test } from "vitest";
import { isKubernetesObject, KubernetesObject } from "./object-id.ts";

const texts = (longest: number) =>
  fc.oneof(fc.constant(""), fc.constant("x".repeat(longest)), fc.constant("x".repeat(longest + 1)), fc.string());
const strange = fc.oneof(fc.constant(null), fc.integer(), fc.boolean(), fc.constant([]), fc.constant({}));
const mapping = fc.oneof(fc.dictionary(fc.string(), fc.oneof(fc.string(), strange), { maxKeys: 3 }), strange);
const objects = fc.record(
  {
    apiVersion: fc.oneof(texts(317), strange),
    kind: fc.oneof(texts(63), strange),
    metadata: fc.oneof(
      fc.record(
        {
          name: fc.oneof(texts(253), strange),
          namespace: fc.oneof(texts(63), strange),
          labels: mapping,
          annotations: mapping,
          uid: fc.string(),
        },
        { requiredKeys: [] },
      ),
      strange,
    ),
    spec: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const good = { apiVersion: "v1", kind: "Pod", metadata: { name: "one" } };

test("reading by hand takes and refuses what the schema takes and refuses", () => {
  const value = fc.oneof(objects, fc.jsonValue()).map((one) => JSON.parse(JSON.stringify(one)) as unknown);
  fc.assert(
    fc.property(value, (one) => {
      expect(isKubernetesObject(one)).toBe(KubernetesObject.safeParse(one).success);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["an object", good, true],
  [
    "its namespace, labels and annotations",
    { ...good, metadata: { name: "a", namespace: "b", labels: { c: "d" }, annotations: {} } },
    true,
  ],
  ["no metadata", { apiVersion: "v1", kind: "Pod" }, false],
  ["a name that is too long", { ...good, metadata: { name: "x".repeat(254) } }, false],
  ["an empty namespace", { ...good, metadata: { name: "a", namespace: "" } }, false],
  ["a label that is a number", { ...good, metadata: { name: "a", labels: { b: 1 } } }, false],
  ["annotations that are a list", { ...good, metadata: { name: "a", annotations: [] } }, false],
  ["a list", [good], false],
  ["nothing", null, false],
])("%s", (_, value, isOne) => {
  expect(isKubernetesObject(value)).toBe(isOne);
  expect(KubernetesObject.safeParse(value).success).toBe(isOne);
});
