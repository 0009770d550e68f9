import { expect, test } from "vitest";
import { type Problem, shortenSentences } from "./problem.ts";

const problem: Problem = {
  code: "schema",
  severity: "error",
  message: "the name is too long",
  place: { file: "a.yaml", line: 1, column: 1 },
  remedy: "change it",
};
const a = "a".repeat(300);
const c = "c".repeat(300);

test.for([
  { what: "as long as may be", message: a + c, shown: a + c },
  { what: "longer", message: `${a}b${c}`, shown: `${a} … ${c}` },
  { what: "cut within a character", message: `${a.slice(1)}\u{1f6a2}${c}`, shown: `${a.slice(1)}\ufffd … ${c}` },
])("a sentence $what is shown without the middle that is too much", ({ message, shown }) => {
  expect(shortenSentences({ ...problem, message })).toEqual({ ...problem, message: shown });
});
