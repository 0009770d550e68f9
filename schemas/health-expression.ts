/**
 * CEL (cel.dev) as far as a health rule may use it: read, checked and evaluated within bounds that are known before. The
 * library counts no steps, so what could make an evaluation long is not in the language: only the functions listed here, loops
 * over lists as they stand in the object, at most two deep, and no regular expressions.
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { expressionLimit } from "./health-rules.ts";

export type ExpressionType = "bool" | "string";

export type Compiled = {
  readonly kind: "compiled";
  /** Throws what the expression throws for this object: a field that is not there, a sum of text and number. */
  readonly evaluate: (input: RuleInput) => unknown;
};

/** Why it cannot be used; `at` is the character, from 0, where it is known. */
export type Invalid = { readonly kind: "invalid"; readonly message: string; readonly at: number | undefined };

/** An object as expressions see it; see `ruleInput`. */
export type RuleInput = { readonly object: unknown };

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 300, maxDepth: 40, maxListElements: 50, maxMapEntries: 20, maxCallArguments: 8 },
}).registerVariable("object", "dyn");

/** Reads an expression and checks that it can give what is asked for. */
export function compileExpression(text: string, type: ExpressionType): Compiled | Invalid {
  if (text.length > expressionLimit) {
    return { kind: "invalid", message: `has more than ${expressionLimit} characters`, at: undefined };
  }
  try {
    const program = environment.parse(text);
    const fault = findFault(program.ast, 0);
    if (fault !== undefined) return fault;
    const check = program.check();
    if (!check.valid) return invalid(check.error);
    if (check.type !== type && check.type !== "dyn") {
      const given = String(check.type);
      return { kind: "invalid", message: `must give a ${type} and gives a ${given}`, at: undefined };
    }
    return { kind: "compiled", evaluate: (input) => program(input) as unknown };
  } catch (error) {
    return invalid(error);
  }
}

function invalid(error: unknown): Invalid {
  if (!(error instanceof Error)) return { kind: "invalid", message: "cannot be read", at: undefined };
  const { summary, range } = error as { summary?: string; range?: { start: number } }; // the library's own errors have both
  return { kind: "invalid", message: summary ?? error.message, at: range?.start };
}

const loops: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "filter"]);
const functions: ReadonlySet<string> = new Set([
  ...loops,
  "bool",
  "contains",
  "double",
  "duration",
  "endsWith",
  "has",
  "hasValue",
  "int",
  "join",
  "lowerAscii",
  "or",
  "orValue",
  "size",
  "startsWith",
  "string",
  "timestamp",
  "trim",
  "upperAscii",
  "value",
]);
const deepest = 2;

function findFault(node: ASTNode, depth: number): Invalid | undefined {
  if (node.op !== "call" && node.op !== "rcall") return firstFault(childrenOf(node.args), depth);
  const name = node.args[0];
  if (!functions.has(name)) return fault(node, `${name} cannot be used in a health rule`);
  if (node.op === "call" || !loops.has(name)) return firstFault(childrenOf(node.args), depth);
  const [, list, body] = node.args;
  if (depth >= deepest) return fault(node, `${name} stands in more than ${deepest - 1} other loop`);
  if (!isFromObject(list)) return fault(list, `${name} must go over a list of the object or one written out`);
  return findFault(list, depth) ?? firstFault(body, depth + 1);
}

function firstFault(nodes: readonly ASTNode[], depth: number): Invalid | undefined {
  for (const node of nodes) {
    const found = findFault(node, depth);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A method is at its name, behind the dot. */
function fault(node: ASTNode, message: string): Invalid {
  return { kind: "invalid", message, at: node.op === "rcall" ? node.args[1].end + 1 : node.pos };
}

/** A list that no operator has made longer: it is one of the object's, a part of one, or written out. */
function isFromObject(node: ASTNode): boolean {
  switch (node.op) {
    case "id":
    case "value":
      return true;
    case ".":
    case ".?":
    case "[]":
    case "[?]":
      return isFromObject(node.args[0]);
    case "list":
      return node.args.every(isFromObject);
    case "rcall": {
      const [name, receiver, rest] = node.args;
      if (name === "filter" || name === "value") return isFromObject(receiver);
      return (name === "orValue" || name === "or") && isFromObject(receiver) && rest.every(isFromObject);
    }
    default:
      return false;
  }
}

/** The nodes below a node, whatever the shape of its arguments. */
function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap((each) => [...childrenOf(each)]);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value;
}

const mostNodes = 10_000;
const longestList = 256;
const longestText = 1000;

/**
 * An object as expressions see it: whole numbers are CEL's int, longer texts are cut, `metadata.managedFields` is left out.
 * Undefined for one that is too large for a rule.
 */
export function ruleInput(object: Readonly<Record<string, unknown>>): RuleInput | undefined {
  const { managedFields: _, ...metadata } = (object["metadata"] ?? {}) as Record<string, unknown>;
  const counter = { left: mostNodes };
  const seen = convert({ ...object, metadata }, counter);
  return counter.left < 0 ? undefined : { object: seen };
}

function convert(value: unknown, counter: { left: number }): unknown {
  counter.left -= 1;
  if (counter.left < 0) return null;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === "string") return value.slice(0, longestText);
  if (typeof value !== "object" || value === null) return value;
  const entries = Array.isArray(value) ? value : Object.entries(value);
  if (entries.length > longestList) counter.left = -1;
  if (counter.left < 0) return null;
  if (Array.isArray(value)) return value.map((item) => convert(item, counter));
  const converted = Object.entries(value).map(([key, item]) => [key, convert(item, counter)] as const);
  return Object.fromEntries(converted);
}
