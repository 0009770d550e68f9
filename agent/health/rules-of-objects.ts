/**
 * Health by an object's own rules, which stand in its annotation. The library that reads them is loaded when the first object
 * with a rule is seen. A rule that cannot be read, fails or takes long makes its object Unknown, with the reason, and nothing
 * else.
 */
import type * as language from "../../schemas/health-expression.ts";
import { HealthRule, ruleVerdicts } from "../../schemas/health-rules.ts";
import { objectAnnotations } from "../../schemas/object-annotations.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { resultOf, runsOnce } from "./run-once.ts";
import { mappingAt, textOf, unknown, type Verdict } from "./verdict.ts";

type Language = typeof language;
type Compiled = ReturnType<Language["compileExpression"]> & { readonly kind: "compiled" };
type Program =
  | { readonly kind: "program"; readonly expressions: ReadonlyMap<keyof HealthRule, Compiled> }
  | { readonly kind: "unusable"; readonly reason: string };

export type RulesOptions = {
  /** Milliseconds from any point, for measuring an evaluation. */
  readonly nowMs: () => number;
  /** Told once the language is there: what was seen before can be judged now. */
  readonly onLoaded: () => void;
  /** It could not be loaded; the next object with a rule tries again. */
  readonly onFailed: (error: unknown) => void;
};

const mostPrograms = 500;
const longestRuleBytes = 8192;
const longestEvaluationMs = 50;
const longestReason = 300;

export const loading: Verdict = { health: "Progressing", reason: "its health rule is being read" };

export class RulesOfObjects {
  readonly #options: RulesOptions;
  readonly #programs = new Map<string, Program>();
  #language: Language | undefined;
  #isLoading = false;

  constructor(options: RulesOptions) {
    this.#options = options;
  }

  /** The verdict of the object's rule, or its kind's own where it has none; `loading` while it cannot be told. */
  judge(kind: string, object: KubernetesObject, own: Verdict): Verdict {
    const text = mappingAt(object, "metadata", "annotations")[objectAnnotations.health];
    if (text === undefined) return own;
    if (this.#language === undefined) {
      void this.#load();
      return loading;
    }
    const verdict = this.#evaluate(textOf(text), object, own);
    // Healthy or Degraded of what runs once means that it has ended, and that is no matter of opinion.
    const isEarly = runsOnce(kind) && resultOf(kind, object) === undefined;
    const isFinal = verdict.health === "Healthy" || verdict.health === "Degraded";
    return isEarly && isFinal ? { ...verdict, health: "Progressing" } : verdict;
  }

  async #load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      this.#language = await import("../../schemas/health-expression.ts");
    } catch (error) {
      this.#isLoading = false;
      this.#options.onFailed(error);
      return;
    }
    this.#options.onLoaded();
  }

  #evaluate(text: string, object: KubernetesObject, own: Verdict): Verdict {
    const program = this.#programOf(text);
    if (program.kind === "unusable") return unknown(`its health rule ${program.reason}`);
    const input = this.#language?.ruleInput(object);
    if (input === undefined) return unknown("is too large for a health rule");
    const startMs = this.#options.nowMs();
    try {
      return decide(program.expressions, input, own);
    } catch (error) {
      return unknown(`its health rule fails: ${sayError(error)}`);
    } finally {
      const elapsedMs = this.#options.nowMs() - startMs;
      if (elapsedMs > longestEvaluationMs) {
        const reason = `took ${Math.round(elapsedMs)} ms once and is not used any more`;
        this.#programs.set(text, { kind: "unusable", reason });
      }
    }
  }

  #programOf(text: string): Program {
    const known = this.#programs.get(text);
    if (known !== undefined) return known;
    if (this.#programs.size >= mostPrograms) this.#programs.clear();
    const program = this.#compile(text);
    this.#programs.set(text, program);
    return program;
  }

  #compile(text: string): Program {
    if (Buffer.byteLength(text) > longestRuleBytes) return { kind: "unusable", reason: "is too long" };
    const rule = HealthRule.safeParse(parseJson(text));
    if (!rule.success) return { kind: "unusable", reason: "cannot be read" };
    const expressions = new Map<keyof HealthRule, Compiled>();
    for (const [name, expression] of Object.entries(rule.data) as [keyof HealthRule, string][]) {
      const compiled = this.#language?.compileExpression(expression, name === "reason" ? "string" : "bool");
      if (compiled === undefined) continue;
      if (compiled.kind === "invalid") return { kind: "unusable", reason: `cannot be read: ${compiled.message}` };
      expressions.set(name, compiled);
    }
    return { kind: "program", expressions };
  }
}

type Input = Parameters<Compiled["evaluate"]>[0];

/** Throws what an expression throws. */
function decide(expressions: ReadonlyMap<keyof HealthRule, Compiled>, input: Input, own: Verdict): Verdict {
  const found = ruleVerdicts.find(([name]) => expressions.get(name)?.evaluate(input) === true);
  if (found === undefined && !expressions.has("healthy")) return own;
  const health = found?.[1] ?? "Progressing";
  if (health === "Healthy") return { health };
  const said = expressions.get("reason")?.evaluate(input);
  const reason = typeof said === "string" && said !== "" ? said.slice(0, longestReason).toWellFormed() : undefined;
  return {
    health,
    reason: reason ?? own.reason ?? `its health rule says ${found?.[0] ?? "that it is not healthy yet"}`,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The library's message quotes the expression below its first line. */
function sayError(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.slice(0, longestReason);
}
