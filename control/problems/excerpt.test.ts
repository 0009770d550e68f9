import fc from "fast-check";
import { expect, test } from "vitest";
import { excerptOf } from "./excerpt.ts";

/** The line and the caret below it, as a terminal shows them. */
function shown(line: string, column: number): readonly string[] | undefined {
  const excerpt = excerptOf(line, column);
  return excerpt && [excerpt.text, `${" ".repeat(excerpt.caret)}^`];
}

test.for([
  { what: "a plain line", line: "  name: a", column: 9, shows: ["  name: a", "        ^"] },
  { what: "the end of a line", line: "a: b", column: 5, shows: ["a: b", "    ^"] },
  { what: "a column beyond the line", line: "a: b", column: 9, shows: ["a: b", "    ^"] },
  { what: "tabs, which become blanks", line: "\ta:\tb", column: 5, shows: ["    a:  b", "        ^"] },
  { what: "characters of two columns", line: "a: 日本 x", column: 7, shows: ["a: 日本 x", "        ^"] },
  { what: "a pair of UTF-16 units", line: "a: 🚀 x", column: 7, shows: ["a: 🚀 x", "      ^"] },
  { what: "marks that take no column", line: "a: e\u0301 x", column: 7, shows: ["a: e\u0301 x", "     ^"] },
  {
    what: "an escape sequence, made visible",
    line: "a: \u001b[2J x",
    column: 9,
    shows: ["a: \\u{1b}[2J x", "             ^"],
  },
  {
    what: "a text that runs backwards, made visible",
    line: "a: \u202ex",
    column: 5,
    shows: ["a: \\u{202e}x", "           ^"],
  },
])("shows $what", ({ line, column, shows }) => {
  expect(shown(line, column)).toEqual(shows);
});

test.for([
  { what: "an empty line", line: "" },
  { what: "a blank line", line: " \t " },
  { what: "a line with credentials in a URL", line: "url: https://ann:hunter2hunter2@example.com" },
])("shows nothing for $what", ({ line }) => {
  expect(shown(line, 1)).toBeUndefined();
});

test("whatever a line holds, it is shown on one line without controls, and the caret is within it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), fc.nat(500), (text, offset) => {
      const excerpt = excerptOf(text.replaceAll("\n", " "), offset + 1);
      if (excerpt === undefined) return;
      expect(excerpt.text).not.toMatch(/\p{Cc}|\p{Surrogate}/u);
      expect(excerpt.text.length).toBeLessThan(400);
      expect(excerpt.caret).toBeLessThan(300);
    }),
    { numRuns: 50 },
  );
});

test.for([
  { at: "the start", column: 1, text: /^X[^…]*…$/ },
  { at: "the middle", column: 500_000, text: /^….*…$/ },
  { at: "the end", column: 1_000_000, text: /^…[^…]*$/ },
])("cuts a line of a million characters around a caret at $at", ({ column, text }) => {
  const line = "a".repeat(column - 1) + "X" + "a".repeat(1_000_000 - column);
  const excerpt = excerptOf(line, column);
  expect(excerpt?.text).toMatch(text);
  expect(excerpt?.text.length).toBeLessThanOrEqual(98);
  expect(excerpt?.text.charAt(excerpt.caret)).toBe("X");
});
