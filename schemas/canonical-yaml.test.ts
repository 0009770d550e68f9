import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { dump, load } from "js-yaml";
import { expect, test } from "vitest";
import { readCanonicalYaml } from "./canonical-yaml.ts";
import { readStateYaml, writeStateYaml } from "./state-yaml.ts";
import { writeCanonicalYaml } from "./write-canonical-yaml.ts";

/** Strings near the edges of YAML's schemas and of its forms. */
const word = fc.oneof(
  fc.constantFrom(
    "yes",
    "null",
    "true",
    "~",
    "",
    "012",
    "0o7",
    "1_000",
    "8:30",
    "1e3",
    "0x1f",
    "2026-01-01",
    ".inf",
    "1.50",
    "-0",

    "500m",
    "10.0.0.1",
    "v1",
    "apps/v1",
    "a: b",
    "a:b",
    "a #b",
    "a#b",
    "- x",
    "-",
    "it's",
    "''",
    '"',
    "\\",
    "a\\nb",
    "a\nb\n",
    "a\nb",
    "a\n\nb\n",
    "\na",
    "a\n\n",
    " a\nb",
    "a \nb",
    "|",
    ">",
    "[]",
    "{}",
    "&a",
    "*a",
    "!a",
    "? a",

    "__proto__",
    "constructor",
    "\t",
    "\u0085",
    "\u2028",
    "\ud800",
    "😀",
    "é",
    "a ",
    " a",
    "a:",
    "<<",
    "=",
    "...",
    "---",
  ),
  fc.string({ maxLength: 8 }),
  fc.stringMatching(/^[a-z0-9:#. -]{0,8}$/),
);
const value = fc.letrec<{ readonly tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(word, fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(word, tie("tree"), { maxKeys: 4 }),
  ),
})).tree;

function fullyRead(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: load(text) };
  } catch {
    return undefined;
  }
}

/** Undefined from the quick reader is always right; anything else must be what the full parser says. */
function agrees(text: string): void {
  const quick = readCanonicalYaml(text);
  // Not toStrictEqual, which takes a key named constructor for the object's class.
  const isSame = quick === undefined || isDeepStrictEqual(quick, fullyRead(text));
  expect(isSame ? "" : text).toBe("");
}

test("reads what was written as the full parser does", () => {
  fc.assert(
    fc.property(value, (data) => agrees(writeStateYaml(data))),
    { numRuns: 3000 },
  );
});

test("C32 reads nothing otherwise than the full parser, whatever became of the text", () => {
  const damaged = fc
    .tuple(
      value,
      fc.nat(),
      fc.nat(3),
      fc.constantFrom("", " ", "\n", ":", "- ", "#", "'", '"', "a", "  ", "|", "\t", "&a "),
    )
    .map(([data, at, cut, put]) => {
      const text = writeStateYaml(data);
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + cut);
    });
  fc.assert(fc.property(damaged, agrees), { numRuns: 6000 });
});

test("C32 writes every value byte for byte as js-yaml does", () => {
  fc.assert(
    fc.property(value, (data) => {
      expect(writeStateYaml(data)).toBe(dump(data, { sortKeys: true, noRefs: true, lineWidth: -1 }));
    }),
    { numRuns: 6000 },
  );
});

test.each([
  ["fields that are undefined", { a: undefined, b: { c: undefined }, d: 1 }],
  ["an undefined item", [1, undefined]],
  ["numbers that are no integers", [-0, 1e21, 1.5, 5e-324, Number.MAX_SAFE_INTEGER + 1]],
  ["a key of several lines", { "a\nb": 1 }],
  ["a key that is very long", { ["k".repeat(1100)]: 1 }],
  ["a map without a prototype", Object.assign(Object.create(null) as object, { a: {} })],
  ["an empty map without a prototype", { a: Object.create(null) as object }],
  ["lists in lists", [[[], [1, [2]], {}], { a: [{ b: 1, c: [] }] }]],
  ["a literal in a list in a list", [["a\nb"], { a: "c\n\nd\n" }]],
])("C32 writes %s as js-yaml does", (_, data) => {
  expect(writeStateYaml(data)).toBe(dump(data, { sortKeys: true, noRefs: true, lineWidth: -1 }));
});

test("refuses what is no data, as js-yaml does", () => {
  expect(() => writeStateYaml({ a: () => 1 })).toThrow("unacceptable kind");
  expect(() => writeStateYaml({ a: Symbol("a") })).toThrow("unacceptable kind");
});

const manifest = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { annotations: {}, labels: { "app.kubernetes.io/name": "x", on: "yes", "8": "1" }, name: "x" },
  data: { "a.json": '{"a": [1, 2]}\n', two: "one\n\ntwo", quoted: 'it\'s: "so"', tab: "a\tb" },
  spec: {
    replicas: 2,
    share: 0.25,
    isOn: true,
    none: null,
    list: ["500m", "v1.2", { cpu: "50m", ports: [{ port: 80 }, { port: 81 }] }, [["nested"], []]],
    args: [],
  },
};

test("writes a manifest without js-yaml's presenter", () => {
  expect(writeCanonicalYaml(manifest)).toBe(dump(manifest, { sortKeys: true, noRefs: true, lineWidth: -1 }));
});

test("reads a manifest without the full parser", () => {
  expect(readCanonicalYaml(writeStateYaml(manifest))).toEqual({ value: manifest });
});

test.each([
  ["keys out of order", "b: 1\na: 2\n"],
  ["a key twice", "a: 1\na: 2\n"],
  ["a comment", "a: 1 # one\n"],
  ["an anchor", "a: &x 1\n"],
  ["an integer that a number cannot carry", "a: 9007199254740993\n"],
  ["a list at its key's indent", "a:\n- 1\n"],
  ["a date", "a: 2026-01-01\n"],
  ["a second document", "a: 1\n---\nb: 2\n"],
  ["no line end", "a: 1"],
])("leaves %s to the full parser", (_, text) => {
  expect(readCanonicalYaml(text)).toBeUndefined();
});

test("C32 gives a prototype's name no meaning", () => {
  const data = JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": 1}') as unknown;
  expect(readStateYaml(writeStateYaml(data))).toStrictEqual(data);
});
