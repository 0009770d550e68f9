import { expect, test } from "vitest";
import { at, leafOrigins, ruled, toPlain, trace, tracedMap, withField } from "./traced.ts";

const here = { kind: "field", file: "a.yaml", line: 1, column: 2 } as const;

test("plain data comes back as it was, nulls of maps and undefined left out", () => {
  const data = { a: [1, null, "x", { b: true }], c: {}, d: null, e: undefined, "": 0 };
  expect(toPlain(trace(data, here))).toEqual({ a: [1, null, "x", { b: true }], c: {}, "": 0 });
});

test("a key that JavaScript treats apart stays a key", () => {
  const plain = toPlain(trace(JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}'), here));
  expect(JSON.stringify(plain)).toBe('{"__proto__":{"x":1},"constructor":2}');
  expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
});

test("what has no place in a document is refused", () => {
  expect(() => trace(() => 1, here)).toThrow("a function has no place in a document");
});

test("origins are of leaves, by JSON Pointer, in order", () => {
  const tree = tracedMap({ "a/b": trace([1, {}], here), "~": ruled("x", "route"), gone: ruled(null, "route") }, here);
  expect([...leafOrigins(tree)]).toEqual([
    ["/a~1b/0", here],
    ["/a~1b/1", here],
    ["/~0", { kind: "rule", rule: "route" }],
  ]);
});

test("a path leads through maps by name and lists by number, or nowhere", () => {
  const tree = trace({ a: [{ b: 1 }] }, here);
  expect(
    [at(tree, "a", 0, "b"), at(tree, "a", "0"), at(tree, "a", 1), at(undefined, "a")].map(
      (node) => node && toPlain(node),
    ),
  ).toEqual([1, undefined, undefined, undefined]);
});

test("a field set anew replaces what stood there whole", () => {
  expect(toPlain(withField(trace({ a: { b: 1, c: 2 } }, here), "a", ruled({ d: 3 }, "route")))).toEqual({
    a: { d: 3 },
  });
});
