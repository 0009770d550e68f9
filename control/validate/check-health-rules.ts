/** What a class says of the health of its objects: expressions that can be read and used, and one rule a kind. */
import { compileExpression } from "../../schemas/health-expression.ts";
import { ruleVerdicts } from "../../schemas/health-rules.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";

const expressionNames = [...ruleVerdicts.map(([name]) => name), "reason"] as const;

/** In the order written; `file` is for what a rule of the engine set. */
export function checkHealthRules(rules: Traced | undefined, file: string): readonly Problem[] {
  const items = itemsOf(rules);
  return [...items.flatMap((rule) => checkRule(rule, file)), ...findRepeated(items, file)];
}

function checkRule(rule: Traced, file: string): readonly Problem[] {
  const faults = expressionNames.flatMap((name) => checkExpression(at(rule, name), name, file));
  if (ruleVerdicts.some(([name]) => at(rule, name) !== undefined)) return faults;
  const message = "a health rule needs an expression that decides";
  const remedy = `give it one of ${ruleVerdicts.map(([name]) => name).join(", ")}, or remove it`;
  return [...faults, problem(message, remedy, { tree: rule, file })];
}

function checkExpression(
  tree: Traced | undefined,
  name: (typeof expressionNames)[number],
  file: string,
): readonly Problem[] {
  const text = scalarOf(tree);
  if (tree === undefined || typeof text !== "string") return [];
  const compiled = compileExpression(text, name === "reason" ? "string" : "bool");
  if (compiled.kind === "compiled") return [];
  const where = compiled.at === undefined ? "" : `, at character ${compiled.at + 1}`;
  const message = `${name} cannot be used: ${compiled.message}${where}`;
  return [problem(message, "mend the expression (CEL; docs/health.md says what it may use)", { tree, file })];
}

function findRepeated(items: readonly Traced[], file: string): readonly Problem[] {
  const firsts = new Map<string, Traced>();
  return items.flatMap((rule) => {
    const kind = bareKind(rule);
    const first = firsts.get(kind);
    firsts.set(kind, first ?? rule);
    if (first === undefined) return [];
    const repeated = problem(`${kind} has two health rules`, "keep one of them", { tree: rule, file });
    return [{ ...repeated, ...relatedTo([{ place: placeOf(first.origin, file), message: "the first stands here" }]) }];
  });
}

/** The kind without its group, as either spelling gives it. */
export function bareKind(rule: Traced): string {
  return String(scalarOf(at(rule, "kind")) ?? "").replace(/^.*\//u, "");
}

function problem(message: string, remedy: string, { tree, file }: { tree: Traced; file: string }): Problem {
  const place = placeOf(tree.origin, file);
  return { code: "invalid-health-rule", severity: "error", message, place, remedy };
}
