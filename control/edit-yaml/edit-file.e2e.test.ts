import fc from "fast-check";
import { dump } from "js-yaml";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type DocumentEdit, editFile, type FieldChange } from "./edit-file.ts";

const change = (path: string, value: unknown, behind?: readonly string[]): FieldChange => ({
  path: path.split("."),
  value,
  ...(behind === undefined ? {} : { behind }),
});

const edit = (text: string, ...changes: readonly FieldChange[]): string | undefined => {
  const line = text.split(/\r?\n/).findIndex((each) => /^[^#\s-]/.test(each)) + 1;
  return editFile(text, [{ action: "change", line, changes }]);
};

test.for([
  {
    shape: "comments on every line and between them",
    text: "# top\na: # of a\n  # above b\n  b: 1 # of b\n  # above c\n  c: 2\n  # below c\nd: 3 # of d\n# end\n",
    changes: [change("a.b", 9), change("a.e", 5), change("d", "x")],
    yields:
      "# top\na: # of a\n  # above b\n  b: 9 # of b\n  # above c\n  c: 2\n  e: 5\n  # below c\nd: x # of d\n# end\n",
  },
  {
    shape: "quotes of each kind",
    text: 'a: "1"\nb: \'x\'\nc: x\nd: "8080" # port\n',
    changes: [change("a", "2"), change("b", "it's"), change("c", "yes"), change("d", '9\\"0')],
    yields: "a: \"2\"\nb: 'it''s'\nc: 'yes'\nd: \"9\\\\\\\"0\" # port\n",
  },
  {
    shape: "four spaces and flat lists",
    text: "a:\n    b:\n    - key: X\n      value: 1\n    - key: Y\n      value: 2\n",
    changes: [
      change("a.b", [
        { key: "X", value: 1 },
        { key: "Z", deep: { list: [1] } },
        { key: "Y", value: 3 },
      ]),
      change("a.c.d", [1]),
    ],
    yields:
      "a:\n    b:\n    - key: X\n      value: 1\n    - key: Z\n      deep:\n          list:\n          - 1\n    - key: Y\n      value: 3\n    c:\n        d:\n        - 1\n",
  },
  {
    shape: "list items by name: one gone from the middle, the comments of the others kept",
    text: "env:\n  # first\n  - key: A # a\n    value: x\n  - key: B # b\n    value: y\n  # last\n  - key: C # c\n    value: z # zz\n",
    changes: [
      change("env", [
        { key: "A", value: "x" },
        { key: "C", value: "w" },
      ]),
    ],
    yields: "env:\n  # first\n  - key: A # a\n    value: x\n  # last\n  - key: C # c\n    value: w # zz\n",
  },
  {
    shape: "plain items: one in the place of another, one before all",
    text: "args:\n  - --one # 1\n  - --two # 2\n",
    changes: [change("args", ["--zero", "--one", "--three"])],
    yields: "args:\n  - --zero\n  - --one # 1\n  - --three # 2\n",
  },
  {
    shape: "an item whose first key goes",
    text: "l:\n  - a: 1\n    b: 2\n    # deep\n  - c: 3\n",
    changes: [change("l", [{ b: 2 }, { c: 3 }])],
    yields: "l:\n  - b: 2\n    # deep\n  - c: 3\n",
  },
  {
    shape: "flow style on one line and on several",
    text: "a: {b: 1, c: [x, y]} # one\nd: {\n  e: 1, # e\n  f: 2\n}\n",
    changes: [change("a.c", ["x", "y", "no"]), change("a.g", "a, b"), change("d.e", 7)],
    yields: "a: {b: 1, c: [x, y, 'no'], g: \"a, b\"} # one\nd: {\n  e: 7, # e\n  f: 2\n}\n",
  },
  {
    shape: "JSON",
    text: '{\n  "a": {"b": 1},\n  "c": "x"\n}\n',
    changes: [change("a", { b: 1, d: ["q"] }), change("c", "y")],
    yields: '{\n  "a": {"b": 1, "d": ["q"]},\n  "c": "y"\n}\n',
  },
  {
    shape: "what is empty becomes something",
    text: "a: # none yet\nb: {} # nor here\nc: [] \nd:\ne: 1\n",
    changes: [change("a", { x: 1 }), change("b", { f: [1] }), change("c", ["z"]), change("d", 5)],
    yields: "a: # none yet\n  x: 1\nb: # nor here\n  f:\n    - 1\nc:\n  - z \nd: 5\ne: 1\n",
  },
  {
    shape: "something becomes empty",
    text: "a:\n  b: 1 # gone\nc:\n  - x\nd: 2\n",
    changes: [change("a.b", undefined), change("c", [])],
    yields: "a: {} # gone\nc: []\nd: 2\n",
  },
  {
    shape: "block scalars: one changed, one behind which a key is put",
    text: "a: |\n  one\n  two\n\nb: >-\n  folded\n  text\n\n# c\nc:\n  d: |+\n    kept\n\n\ne: 1\n",
    changes: [change("a", "one\nthree\n"), change("c.f", "x"), change("b", "plain")],
    yields: "a: |\n  one\n  three\n\nb: plain\n\n# c\nc:\n  d: |+\n    kept\n\n\n  f: x\ne: 1\n",
  },
  {
    shape: "CRLF",
    text: "# top\r\na: 1 # a\r\nb:\r\n  - x\r\n  - y\r\n",
    changes: [change("a", "l1\nl2"), change("b", ["x", "z", "w"]), change("c.d", 1)],
    yields: "# top\r\na: |- # a\r\n  l1\r\n  l2\r\nb:\r\n  - x\r\n  - z\r\n  - w\r\nc:\r\n  d: 1\r\n",
  },
  {
    shape: "no line end at the end",
    text: "a: 1\nb:\n  c: 2",
    changes: [change("b.d", 3), change("a", undefined)],
    yields: "b:\n  c: 2\n  d: 3",
  },
  {
    shape: "the last lines gone where no line end is",
    text: "a: 1\nb:\n  c: 2",
    changes: [change("b", undefined)],
    yields: "a: 1",
  },
  {
    shape: "a new key behind another",
    text: "spec:\n  environment: dev # here\n  workloadSpec:\n    x: 1\n",
    changes: [
      change("spec.className", "busy", ["environment"]),
      change("spec.classHash", "0123", ["className", "environment"]),
    ],
    yields: "spec:\n  environment: dev # here\n  className: busy\n  classHash: '0123'\n  workloadSpec:\n    x: 1\n",
  },
  {
    shape: "no spec yet",
    text: "kind: X # kind\n",
    changes: [change("spec.a.b", 1)],
    yields: "kind: X # kind\nspec:\n  a:\n    b: 1\n",
  },
  {
    shape: "an alias where the change is: the value is written out, and the anchor's stays",
    text: "a: &shared\n  x: 1 # x\nb: *shared\n",
    changes: [change("b.x", 2)],
    yields: "a: &shared\n  x: 1 # x\nb:\n  x: 2\n",
  },
  {
    shape: "an anchor where the change is: its aliases keep what they said",
    text: "# top\na: &shared\n  x: 1 # x\nb: *shared # b\n",
    changes: [change("a.x", 2)],
    yields: "# top\na:\n  x: 2 # x\nb:\n  x: 1\n  # b\n",
  },
  {
    shape: "a comment between a key and its value",
    text: "a: # one\n  # two\n  b: 1\nc: 2\n",
    changes: [change("a", ["x"])],
    yields: "a: # one\n  # two\n  - x\nc: 2\n",
  },
  {
    shape: "nothing that differs",
    text: "a:   1   # odd\nb : [ 1,2 ]\n",
    changes: [change("a", 1), change("b", [1, 2])],
    yields: "a:   1   # odd\nb : [ 1,2 ]\n",
  },
  {
    shape: "a text of many words, which no line is broken for",
    text: "a: x\n",
    changes: [change("a", "word ".repeat(60).trim())],
    yields: `a: ${"word ".repeat(60).trim()}\n`,
  },
])("$shape", ({ text, changes, yields }) => {
  expect(edit(text, ...changes)).toBe(yields);
});

const three = "# file\n\n# one\na: 1\n---\n# two\nb: 2\n---\nc: 3\n";

test.for([
  {
    what: "the first, with the file's own comment left",
    text: three,
    line: 4,
    yields: "# file\n\n# two\nb: 2\n---\nc: 3\n",
  },
  { what: "the middle one", text: three, line: 7, yields: "# file\n\n# one\na: 1\n---\nc: 3\n" },
  { what: "the last", text: three, line: 9, yields: "# file\n\n# one\na: 1\n---\n# two\nb: 2\n" },
  {
    what: "the first of a file that starts with a marker",
    text: "---\na: 1\n---\nb: 2\n",
    line: 2,
    yields: "---\nb: 2\n",
  },
  { what: "one that ends with dots", text: "a: 1\n...\n---\nb: 2\n...\n", line: 1, yields: "b: 2\n...\n" },
  {
    what: "the one before directives",
    text: "a: 1\n...\n%YAML 1.2\n---\nb: 2\n",
    line: 1,
    yields: "%YAML 1.2\n---\nb: 2\n",
  },
  { what: "with CRLF", text: "a: 1\r\n---\r\nb: 2\r\n", line: 1, yields: "b: 2\r\n" },
  { what: "the only one", text: "# note\na: 1\n", line: 2, yields: "" },
  { what: "the only one beside empty ones", text: "---\n# nothing\n---\na: 1\n", line: 4, yields: "" },
  { what: "none, where none starts", text: three, line: 5, yields: undefined },
  { what: "none, of what is no YAML", text: "a: [\n", line: 1, yields: undefined },
])("removes $what", ({ text, line, yields }) => {
  expect(editFile(text, [{ action: "remove", line }])).toBe(yields);
});

test.for([
  { where: "nothing", text: "", yields: "new: 1\n" },
  { where: "a document", text: "a: 1\n", yields: "a: 1\n---\nnew: 1\n" },
  { where: "one without a line end", text: "a: 1", yields: "a: 1\n---\nnew: 1\n" },
  { where: "CRLF", text: "a: 1\r\n", yields: "a: 1\r\n---\r\nnew: 1\r\n" },
])("adds a document to $where", ({ text, yields }) => {
  expect(editFile(text, [{ action: "add", text: "new: 1\n" }])).toBe(yields);
});

test("several documents of a file at once", () => {
  const edits: readonly DocumentEdit[] = [
    { action: "change", line: 4, changes: [change("x.z", 1)] },
    { action: "remove", line: 7 },
    { action: "change", line: 9, changes: [change("c", undefined), change("d", 4)] },
    { action: "add", text: "e: 5\n" },
  ];
  expect(editFile(three, edits)).toBe("# file\n\n# one\na: 1\nx:\n  z: 1\n---\nd: 4\n---\ne: 5\n");
});

const word = fc.stringMatching(/^[a-z]{1,4}$/);
const scalar = fc.oneof(
  word,
  fc.integer({ min: -99, max: 99 }),
  fc.boolean(),
  fc.string({ maxLength: 12, unit: "grapheme" }),
  fc.constantFrom(
    "yes",
    "0755",
    "1e3",
    "null",
    "~",
    "a: b",
    "# no",
    " x ",
    "-",
    "12:30:45",
    "l1\nl2",
    "l1\n\n l2\n",
    "\n",
    "",
    "1E400",
    "=",
    "<<",
  ),
);
const item = fc.oneof(
  scalar,
  fc.record({ key: word, value: scalar }, { requiredKeys: ["key"], noNullPrototype: true }),
);
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(item, { maxLength: 4 }),
    fc.dictionary(word, tie("node"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node;
const record = fc.dictionary(word, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true });

type Writing = {
  readonly indent: number;
  readonly seqNoIndent: boolean;
  readonly flowLevel: number;
  readonly lineEnd: string;
  readonly quoteStyle: "single" | "double";
  readonly isClosed: boolean;
};
const writing: fc.Arbitrary<Writing> = fc.record({
  indent: fc.constantFrom(2, 3, 4),
  seqNoIndent: fc.boolean(),
  flowLevel: fc.constantFrom(-1, -1, 2),
  lineEnd: fc.constantFrom("\n", "\n", "\r\n"),
  quoteStyle: fc.constantFrom("single", "double"),
  isClosed: fc.boolean(),
});

/** A comment above every line and behind it where a comment may stand: outside the texts of several lines. */
function written(data: unknown, style: Writing): string {
  const text = dump(data, { ...style, lineWidth: -1, noRefs: true });
  const lines = text.trimEnd().split("\n");
  const isPlain = !/[|>][-+]?\d?$/m.test(text);
  const commented = isPlain ? lines.flatMap((line, index) => [`# above ${index}`, `${line} # behind ${index}`]) : lines;
  return commented.map((line) => line + style.lineEnd).join("");
}

test("whatever is changed, it reads as the change says, and every other line stays as it is", () => {
  let inPlace = 0;
  fc.assert(
    fc.property(
      fc.tuple(record, record),
      fc.array(record, { maxLength: 2 }),
      writing,
      ([before, patch], others, style) => {
        const wanted = patched(before, patch);
        const all = [before, ...others].map((data) => written(data, style)).join(`---${style.lineEnd}`);
        const text = style.isClosed ? all : all.trimEnd();
        const readable = parseAllDocuments(text).flatMap((document): unknown => document.toJS() as unknown);
        fc.pre(JSON.stringify(readable) === JSON.stringify([before, ...others]));
        const line = text.split("\n").findIndex((each) => !each.startsWith("#")) + 1;
        const changes = [...new Set([...Object.keys(before), ...Object.keys(wanted)])].map((key) =>
          change(key, wanted[key]),
        );
        const edited = editFile(text, [{ action: "change", line, changes }]);
        expect(edited).toBeDefined();
        expect(parseAllDocuments(edited ?? "").map((document): unknown => document.toJS())).toEqual([
          wanted,
          ...others,
        ]);
        // The other documents byte for byte, the comments of fields that did not change, and the file's line ends.
        const rest = text.slice(text.split("\n---").at(0)?.length);
        expect(edited?.endsWith(rest)).toBe(true);
        const hasOneLineEnd = style.lineEnd === "\n" ? !edited?.includes("\r") : !/[^\r]\n/.test(edited ?? "");
        expect(hasOneLineEnd || !style.isClosed).toBe(true);
        const same = Object.keys(before).filter((key) => JSON.stringify(before[key]) === JSON.stringify(wanted[key]));
        for (const key of same) {
          const own = blockOf(text, key);
          if (own !== undefined && edited?.includes(own)) inPlace += 1;
          expect(own === undefined || edited?.includes(own)).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(inPlace).toBeGreaterThan(20);
});

/** Every other field of the first kept or merged with the patch's, the rest gone. */
function patched(before: Readonly<Record<string, unknown>>, patch: Readonly<Record<string, unknown>>) {
  const kept = Object.entries(before).filter((_, index) => index % 2 === 0 || Object.keys(before).length < 3);
  const added = Object.entries(patch).map(([key, value], index): [string, unknown] => {
    const [name, old] = kept[index + 1] ?? [key, undefined];
    if (Array.isArray(old)) return [name, old.toSpliced(index, 1, value)];
    const isMap = typeof old === "object" && old !== null && typeof value === "object" && !Array.isArray(value);
    return [name, isMap ? { ...old, ...value } : value];
  });
  return Object.fromEntries([...kept, ...added]);
}

/** The lines of a top-level field in the first document, comments among them included. */
function blockOf(text: string, key: string): string | undefined {
  return new RegExp(`^${key}:[^\\n]*(?:\\n(?:[ -] *[^\\n]*|# above [^\\n]*(?=\\n[ -])))*`, "m").exec(
    text.split("\n---")[0] ?? "",
  )?.[0];
}
