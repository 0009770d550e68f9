/** What the quick reader reads, the full parser reads the same, tree, places and texts. */
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { describe, expect, test } from "vitest";
import { LineTable } from "./line-table.ts";
import { type PlainDocument, readPlainYaml } from "./plain-yaml.ts";
import type { Traced } from "./traced.ts";
import { TreeReader } from "./tree-reader.ts";

/** By the full parser; undefined for what it refuses, and for documents that are no mappings. */
function readFully(text: string): readonly PlainDocument[] | undefined {
  const parsed = parseAllDocuments(text, {
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
    intAsBigInt: true,
  });
  const documents = Array.isArray(parsed) ? parsed : [];
  const lines = new LineTable(text);
  const read = documents.flatMap((document) => {
    if (document.errors.length > 0 || document.warnings.length > 0) return [undefined];
    if (document.toJS() === null) return [];
    const reader = new TreeReader({ file: "a.yaml", lines, document });
    const tree: Traced | undefined = reader.read(document.contents);
    if (tree?.kind !== "map" || reader.problems.length > 0) return [undefined];
    return [{ tree, text: text.slice(document.range[0], document.range[2]) }];
  });
  return read.every((one) => one !== undefined) ? read : undefined;
}

describe("plain YAML", () => {
  test("is read with its places", () => {
    expect(readPlainYaml("a.yaml", "# who\nkind: Cart # one\nlist: [a, b]\n")).toEqual(
      readFully("# who\nkind: Cart # one\nlist: [a, b]\n"),
    );
  });

  const usual = [
    "a",
    "a b",
    "1",
    "8080",
    "true",
    "'it''s'",
    "'a' # c",
    '"a"',
    "a # b",
    "a:b",
    "[]",
    "[a, b]",
    '[ "a" ,b, ]',
    "{}",
    "{a: b}",
    "{a: 1, b: [c, {d: true}], e: a:b }",
    "[{a: b, }, {}]",
    '{ a: "b" } # c',
    "10m",
  ];
  const odd = [
    "0",
    "01",
    "0x1f",
    "1e3",
    "1e",
    ".5",
    ".inf",
    ".a",
    "-1",
    "True",
    "yes",
    "null",
    "~",
    "12:30:45",
    "2026-01-01",
    "1_000",
    "1.4.0",
    "a: b",
    "a#b",
    '"a\\n"',
    '"a',
    "''",
    "[true, 1]",
    "[a b]",
    "[a, [b]]",
    "{a: }",
    "{a: b",
    "{a:b}",
    "{a: b}}",
    "{a: b} c",
    "{a: b, a: c}",
    "{a, b}",
    "[a: b]",
    "[a b]",
    "[,]",
    "[a,,b]",
    "{a: -1}",
    "{a: 01}",
    "[a]#b",
    "{<<: a}",
    "|",
    "|+",
    "|2",
    ">",
    "&x a",
    "*x",
    "!t a",
    "a,b",
    "{{ .url }}",
    "é",
    "a  ",
    "---",
    "- a",
    "#c",
    ".",
    "...",
    "%a",
    "@a",
    "`a",
    "a\u2028b",
    "9007199254740993",
    "-",
    "? a",
    ":",
    "a:",
  ];
  const keys = ["a", "b", "c", "d", "__proto__", "a.b/c-d", "1", "null", "true"];
  const oddLines = [
    "",
    "---",
    "# note",
    "    # deep",
    "  - x",
    "- x",
    "      deep text",
    " odd: 1",
    "text",
    "\ttab",
    "...",
    "  ",
    "<<: a",
    "'q': 1",
    "é: 1",
    "a b: 1",
    "-",
    "- - a",
    "a : 1",
  ];

  /** Lines of a map at an indent, as people write them. */
  const lines = fc.letrec<{ map: string[]; value: string[] }>((tie) => ({
    map: fc
      .uniqueArray(fc.tuple(fc.constantFrom(...keys), tie("value")), {
        minLength: 1,
        maxLength: 4,
        selector: ([key]) => key,
      })
      .map((entries) => entries.flatMap(([key, [first = "", ...rest]]) => [`${key}:${first}`, ...rest])),
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(...usual).map((scalar) => [` ${scalar}`]),
      fc.constantFrom(...usual).map((scalar) => [` ${scalar}`, "", "# note"]),
      fc
        .array(fc.constantFrom("a", "  b: c", "", "   ", " # d", "- e"), { maxLength: 4 })
        .map((texts) => [" |", "  x", ...texts.map((one) => `  ${one}`)]),
      tie("map").map((map) => ["", ...map.map((line) => `  ${line}`)]),
      fc
        .array(fc.constantFrom(...usual), { minLength: 1, maxLength: 3 })
        .map((items) => ["", ...items.map((item) => `- ${item}`)]),
      fc
        .array(tie("map"), { minLength: 1, maxLength: 2 })
        .map((maps) => [
          "",
          ...maps.flatMap((map) => map.map((line, at) => (at === 0 ? `  - ${line}` : `    ${line}`))),
        ]),
    ),
  }));

  /** One line more, one line less, another value: what a slip of the hand makes. */
  const slip = fc.tuple(
    fc.nat({ max: 12 }),
    fc.oneof(
      fc.constantFrom(...oddLines).map((odd) => (line: string) => `${odd}\n${line}`),
      fc.constantFrom(...odd).map((value) => (line: string) => line.replace(/(: |- ).*/, `$1${value}`)),
      fc.constantFrom(
        (line: string) => ` ${line}`,
        (line: string) => line.slice(1),
        (line: string) => `${line} `,
      ),
    ),
  );
  const text = fc
    .tuple(fc.array(lines.map, { minLength: 1, maxLength: 2 }), fc.array(slip, { maxLength: 2 }))
    .map(([documents, slips]) => {
      const written = documents
        .map((document) => document.join("\n"))
        .join("\n---\n")
        .split("\n");
      const slipped = written.map((line, at) =>
        slips.filter(([where]) => where === at).reduce((now, [, change]) => change(now), line),
      );
      return `${slipped.join("\n")}\n`;
    });

  test("is what the full parser reads, or is left to it", () => {
    fc.assert(
      fc.property(text, (generated) => {
        const quick = readPlainYaml("a.yaml", generated);
        fc.pre(quick !== undefined);
        expect(quick).toEqual(readFully(generated));
      }),
      { numRuns: 600 },
    );
  });
});
