import { expect, test } from "vitest";
import type { Problem } from "../../schemas/problem.ts";
import { noLines } from "./source-lines.ts";
import { problemText, terminalReport } from "./terminal-report.ts";

const problem: Problem = {
  code: "unknown-workload",
  severity: "error",
  message: "component cart has no Workload crt",
  place: { file: "shop/cart.yaml", line: 30, column: 17 },
  remedy: "did you mean cart?",
  related: [{ place: { file: "shop/cart.yaml", line: 13, column: 9 }, message: "Workload cart stands here" }],
};
const linesOf = ({ line }: { line: number }): string | undefined =>
  new Map([
    [30, "  workloadName: crt"],
    [13, "  name: cart"],
  ]).get(line);
const plain = { linesOf, coloured: false };

test("shows a Problem with its line, what to do, and the other place", () => {
  expect(terminalReport([problem], plain))
    .toBe(`shop/cart.yaml:30:17: error unknown-workload: component cart has no Workload crt
   30 |   workloadName: crt
      |                 ^
  help: did you mean cart?
  shop/cart.yaml:13:9: Workload cart stands here
   13 |   name: cart
`);
});

test("shows a Problem without lines where there is room for one thing a line", () => {
  expect(problemText({ ...problem, severity: "warning" }))
    .toBe(`shop/cart.yaml:30:17: warning unknown-workload: component cart has no Workload crt
  help: did you mean cart?
  shop/cart.yaml:13:9: Workload cart stands here
`);
});

test("colours for a terminal, and says the same without", () => {
  const coloured = terminalReport([problem], { linesOf, coloured: true });
  expect(coloured).toContain("\u001b[31merror\u001b[0m unknown-workload");
  // eslint-disable-next-line no-control-regex -- colours are what this removes
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(terminalReport([problem], plain));
});

test("a long remedy that several share is told once, at the end", () => {
  const remedy = "keep one of them, or give one another name or owner; until then none is used";
  const { related: _related, ...bare } = { ...problem, remedy };
  const others = [bare, { ...bare, place: { ...bare.place, line: 31 } }, problem];
  expect(terminalReport(others, { linesOf: noLines, coloured: false }))
    .toBe(`shop/cart.yaml:30:17: error unknown-workload: component cart has no Workload crt

shop/cart.yaml:31:17: error unknown-workload: component cart has no Workload crt

shop/cart.yaml:30:17: error unknown-workload: component cart has no Workload crt
  help: did you mean cart?
  shop/cart.yaml:13:9: Workload cart stands here

help for unknown-workload (2 times): ${remedy}
`);
});

test("shows the line of a related place only where no Problem of its own shows it", () => {
  const other: Problem = { ...problem, place: { file: "shop/cart.yaml", line: 13, column: 9 }, related: [] };
  expect(terminalReport([problem, other], plain).match(/ 13 \|/g)).toHaveLength(1);
});

test("is safe for a terminal, whatever a document is called and says", () => {
  const hostile = { ...problem, message: "a\u001b[2Jb\nc", place: { ...problem.place, file: "\u001b]0;x\u0007.yaml" } };
  expect(problemText({ ...hostile, related: [] }).split("\n")[0]).toBe(
    "\\u{1b}]0;x\\u{7}.yaml:30:17: error unknown-workload: a\\u{1b}[2Jb c",
  );
});

test("is empty without Problems", () => {
  expect(terminalReport([], plain)).toBe("");
});
