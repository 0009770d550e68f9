import fc from "fast-check";
import { expect, test } from "vitest";
import { readStateYaml, writeStateYaml } from "./state-yaml.ts";

const nasty = [
  "yes",
  "on",
  "n",
  "012",
  "0o7",
  "1_000",
  "12:30:45",
  "1e3",
  "0x1f",
  "~",
  "null",
  "",
  " ",
  "- a",
  "a: b",
  "#",
  "\u0085",
  "\u2028",
  "\u007f",
  "2001-01-01",
  ".inf",
  "=",
  "<<",
  "\t",
  "a\nb\n",
  "__proto__",
];

test.for(nasty)("C32 writes the string %j so that it reads back as that string", (text) => {
  expect(readStateYaml(writeStateYaml({ [text]: text, list: [text] }))).toEqual(
    JSON.parse(JSON.stringify({ [text]: text, list: [text] })),
  );
});

test("writes equal data as equal bytes, whatever the order of its keys", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
      const reversed = Object.fromEntries(Object.entries(data).reverse());
      expect(writeStateYaml(reversed)).toBe(writeStateYaml(data));
    }),
  );
});

test("C30 refuses an alias bomb at once", () => {
  const bomb = [
    "a: &a [1,1]",
    ...Array.from(
      { length: 40 },
      (_, i) => `k${i}: &k${i} [*${i === 0 ? "a" : `k${i - 1}`},*${i === 0 ? "a" : `k${i - 1}`}]`,
    ),
  ];
  expect(() => readStateYaml(bomb.join("\n"))).toThrow("aliases");
});

test.for(["9007199254740993", "-9223372036854775808", ".inf", "-.Inf", ".nan"])(
  "C32 refuses %s, which would not arrive",
  (number) => {
    expect(() => readStateYaml(`a: ${number}\n`)).toThrow(RangeError);
  },
);
