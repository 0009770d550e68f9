import { expect, test } from "vitest";
import { z } from "zod";
import { kinds } from "../../schemas/kinds.ts";
import { fieldsAt, isUnknownField } from "./schema-fields.ts";

const Leaf = z.strictObject({ image: z.string() });
const schema = z.strictObject({
  records: z.record(z.string(), Leaf),
  lists: z.array(Leaf).default([]),
  lazy: z.lazy(() => Leaf).exactOptional(),
  optional: Leaf.optional(),
  nullable: Leaf.nullable(),
  readonly: Leaf.readonly(),
  union: z.union([Leaf, z.strictObject({ other: z.int() })]),
  tagged: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("a"), one: z.string() }),
    z.strictObject({ type: z.literal("b"), two: z.string() }),
  ]),
  both: z.intersection(Leaf, z.strictObject({ more: z.string() })),
  refined: Leaf.refine(() => true),
  piped: Leaf.transform(({ image }) => image),
  loose: z.looseObject({ known: z.string() }),
  text: z.string(),
});

test.for([
  { path: ["records", "any"], fields: ["image"] },
  { path: ["lists", 3], fields: ["image"] },
  { path: ["lazy"], fields: ["image"] },
  { path: ["optional"], fields: ["image"] },
  { path: ["nullable"], fields: ["image"] },
  { path: ["readonly"], fields: ["image"] },
  { path: ["union"], fields: ["image", "other"] },
  { path: ["tagged"], fields: ["type", "one", "two"] },
  { path: ["both"], fields: ["image", "more"] },
  { path: ["refined"], fields: ["image"] },
  { path: ["piped"], fields: ["image"] },
  { path: ["loose"], fields: ["known"] },
  { path: ["text"], fields: [] },
  { path: ["nowhere", "at", "all"], fields: [] },
  { path: ["__proto__"], fields: [] },
])("at $path stand the fields $fields", ({ path, fields }) => {
  expect(fieldsAt(schema, path)).toEqual(fields);
});

test("a schema that leads to itself ends", () => {
  const endless: z.ZodType = z.lazy(() => z.union([endless, endless]));
  expect(fieldsAt(endless, ["a", "b"])).toEqual([]);
});

test("a field is unknown only where all the fields are listed", () => {
  expect([
    isUnknownField(schema, [], "nmae"),
    isUnknownField(schema, [], "text"),
    isUnknownField(schema, ["loose"], "nmae"),
    isUnknownField(schema, ["records"], "nmae"),
    isUnknownField(schema, ["union"], "other"),
    isUnknownField(schema, ["nowhere"], "nmae"),
  ]).toEqual([true, false, false, false, false, false]);
});

test("every kind tells its fields", () => {
  for (const kind of Object.values(kinds)) expect(fieldsAt(kind, [])).toContain("metadata");
});
