import { expect, test } from "vitest";
import { compileExpression, type ExpressionType, ruleInput } from "./health-expression.ts";

const object = {
  metadata: { name: "web", generation: 3, managedFields: [{ manager: "kubectl" }] },
  spec: { replicas: 3 },
  status: {
    ready: 2,
    share: 0.5,
    phase: "Running",
    conditions: [
      { type: "Ready", status: "False", reason: "Waiting" },
      { type: "Synced", status: "True" },
    ],
  },
};

function evaluate(text: string, type: ExpressionType = "bool"): unknown {
  const compiled = compileExpression(text, type);
  if (compiled.kind === "invalid") throw new Error(compiled.message);
  const input = ruleInput(object);
  if (input === undefined) throw new Error("too large");
  return compiled.evaluate(input);
}

test.each([
  { text: "object.status.ready + 1 == object.spec.replicas", gives: true },
  { text: "object.status.share < 1.0", gives: true },
  { text: "has(object.status.nope)", gives: false },
  { text: "object.status.?nope.orValue('x') == 'x'", gives: true },
  { text: "object.status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')", gives: false },
  { text: "object.status.conditions.filter(c, c.type == 'Ready').all(c, c.reason == 'Waiting')", gives: true },
  { text: "object.status.conditions.all(c, object.status.conditions.exists(d, d.type == c.type))", gives: true },
  { text: "has(object.metadata.managedFields)", gives: false },
  { text: "['Running', 'Done'].exists(p, p == object.status.phase)", gives: true },
])("$text is $gives", ({ text, gives }) => {
  expect(evaluate(text)).toBe(gives);
});

test("a reason is a text made of fields", () => {
  const text = "string(object.status.ready) + ' of ' + string(object.spec.replicas) + ' are ready'";
  expect(evaluate(text, "string")).toBe("2 of 3 are ready");
});

test.each([
  { text: "object.status.phase = 'x'", at: 20, message: "Unexpected character: =" },
  { text: "object.status.phase ==", at: 22, message: "Unexpected token: EOF" },
  { text: "status.phase == 'x'", at: 0, message: "Unknown variable: status" },
  { text: "object.status.phase.startsWith()", at: 0, message: expect.stringContaining("startsWith") as string },
  { text: "'x' + 1 == 'x'", at: 0, message: "no such overload: string + int" },
  { text: "1 + 1", at: undefined, message: "must give a bool and gives a int" },
  { text: `'${"x".repeat(1000)}' == ''`, at: undefined, message: "has more than 1000 characters" },
])("$text cannot be used", ({ text, at, message }) => {
  expect(compileExpression(text, "bool")).toEqual({ kind: "invalid", at, message });
});

test.each([
  { what: "a regular expression", text: "object.metadata.name.matches('(a+)+$')" },
  { what: "a name for what doubles", text: "cel.bind(a, object.l + object.l, size(a) > 0)" },
  { what: "a loop that makes lists", text: "object.l.map(x, object.l).exists(y, true)" },
  { what: "a list of a text's letters", text: "object.metadata.name.split('').exists(x, true)" },
  { what: "three loops in each other", text: "object.l.all(x, object.l.all(y, object.l.all(z, true)))" },
  { what: "a loop over a longer list", text: "(object.l + object.l).all(x, true)" },
  { what: "a longer list hidden in a list", text: "[object.l + object.l].all(x, x.all(y, true))" },
  { what: "a longer list behind a choice", text: "(true ? object.l + object.l : []).all(x, true)" },
  { what: "a longer list in place of none", text: "object.?l.orValue(object.l + object.l).all(x, true)" },
])("C34 $what is refused before it is ever evaluated", ({ text }) => {
  expect(compileExpression(text, "bool").kind).toBe("invalid");
});

test("C34 the longest evaluation that is left takes a moment", () => {
  const list = Array.from({ length: 256 }, (_, index) => index);
  const input = ruleInput({ metadata: { name: "a" }, l: list });
  const body = "object.l.all(y, object.l[y] >= 0 && object.l[x] >= 0 && x + y >= 0)";
  const compiled = compileExpression(`object.l.all(x, ${body})`, "bool");
  if (compiled.kind === "invalid" || input === undefined) throw new Error("it should be usable");
  const before = process.cpuUsage();
  expect(compiled.evaluate(input)).toBe(true);
  const { user } = process.cpuUsage(before);
  expect(user / 1000).toBeLessThan(1000);
});

test.each([
  { what: "a list of 257", value: { l: Array.from({ length: 257 }, () => 1) } },
  {
    what: "too much of everything",
    value: { l: Array.from({ length: 200 }, () => Array.from({ length: 60 }, () => 1)) },
  },
])("an object with $what is too large for a rule", ({ value }) => {
  expect(ruleInput({ metadata: {}, ...value })).toBeUndefined();
});

test("names of the host language are no fields", () => {
  for (const text of ["object.constructor.name == 'x'", "object.__proto__ == object"]) {
    expect(() => evaluate(text)).toThrow(/No such key/);
  }
});
