/** YAML's node tree to a traced one, with bounds: an alias bomb or a tower of brackets is a Problem, not a hang. */
import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type Document as YamlDocument,
} from "yaml";
import { type Place, type Problem, type ProblemCode } from "../../schemas/problem.ts";
import type { LineTable } from "./line-table.ts";
import type { Origin, Traced } from "./traced.ts";

const depthLimit = 100;
const nodeLimit = 200_000;
/** Each may stand for all of the document before it. */
const aliasLimit = 100;

export type YamlSubject = { readonly file: string; readonly lines: LineTable; readonly document: YamlDocument };

/** Builds the traced tree, with bounds on depth and on the number of nodes after aliases are followed. */
export class TreeReader {
  readonly problems: Problem[] = [];
  readonly #subject: YamlSubject;
  /** What each anchor stands for by now; the parser's own look-up walks the whole document for every alias. */
  readonly #anchors = new Map<string, unknown>();
  #nodes = 0;
  #aliases = 0;

  constructor(subject: YamlSubject) {
    this.#subject = subject;
  }

  read(node: unknown, depth = 0): Traced | undefined {
    this.#nodes += 1;
    const origin = this.#origin(node);
    if (this.problems.length > 0) return undefined;
    if (depth > depthLimit || this.#nodes > nodeLimit) {
      const message = depth > depthLimit ? `nested deeper than ${depthLimit} levels` : `more than ${nodeLimit} values`;
      return this.#refuse({ code: "yaml-syntax", message, remedy: "simplify the document" }, origin);
    }
    if (isNode(node) && !isAlias(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isAlias(node)) return this.#followAlias(node, { depth, origin });
    if (isMap(node)) {
      const starts = depth === 0 ? findDocumentStarts(node.items) : [];
      for (const key of starts) this.#refuse(forgottenStartFault, this.#origin(key));
      return starts.length > 0 ? undefined : this.#readMap(node.items, { depth, origin });
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(item, depth + 1));
      return { kind: "list", items: items.filter((item) => item !== undefined), origin };
    }
    if (isScalar(node)) return this.#readScalar(node, origin);
    return { kind: "scalar", value: null, origin };
  }

  #followAlias(node: Alias, at: { depth: number; origin: Origin }): Traced | undefined {
    this.#aliases += 1;
    if (this.#aliases > aliasLimit) {
      return this.#refuse(
        { code: "yaml-syntax", message: `more than ${aliasLimit} aliases`, remedy: "write the values out" },
        at.origin,
      );
    }
    const target = this.#anchors.get(node.source);
    if (target === undefined) {
      const message = `nothing before this place is called &${node.source}`;
      return this.#refuse(
        { code: "yaml-syntax", message, remedy: "write the value out, or put a text in quotes" },
        at.origin,
      );
    }
    return this.read(target, at.depth + 1);
  }

  #readMap(items: readonly { key: unknown; value: unknown }[], at: { depth: number; origin: Origin }): Traced {
    const entries = new Map<string, Traced>();
    for (const { key, value } of items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      if (isMergeKey(key)) this.#refuse(mergeKeyFault, this.#origin(key));
      else if (name === "__proto__") this.#refuse(prototypeFault, this.#origin(key));
      else if (entries.has(name)) this.#refuse(repeatedKeyFault(name), this.#origin(key));
      const tree = this.read(value ?? key, at.depth + 1);
      if (tree === undefined) continue;
      entries.set(
        name,
        value === null || value === undefined ? { kind: "scalar", value: null, origin: tree.origin } : tree,
      );
    }
    return { kind: "map", entries, origin: at.origin };
  }

  #readScalar({ value, source, type }: Scalar, origin: Origin): Traced | undefined {
    if (typeof value === "bigint") {
      const number = Number(value);
      if (type === "PLAIN" && /^[-+]?0[0-9]/.test(source ?? "")) return this.#refuse(octalFault(source ?? ""), origin);
      if (Number.isSafeInteger(number)) return { kind: "scalar", value: number, origin };
      return this.#refuse(
        { code: "unsafe-integer", message: `${value} cannot be carried exactly`, remedy: "quote it if it is text" },
        origin,
      );
    }
    if (typeof value === "string" || typeof value === "boolean" || value === null)
      return { kind: "scalar", value, origin };
    if (typeof value === "number" && Number.isFinite(value)) return { kind: "scalar", value, origin };
    return this.#refuse(
      {
        code: "unsupported-value",
        message: `${source ?? typeof value} is not a value of a document`,
        remedy: "quote it if it is text",
      },
      origin,
    );
  }

  #refuse(what: Fault, origin: Origin): undefined {
    this.problems.push({ ...what, severity: "error", place: placeOf(origin, this.#subject.file) });
    return undefined;
  }

  #origin(node: unknown): Origin {
    return { kind: "field", file: this.#subject.file, ...this.#subject.lines.position(rangeStart(node) ?? 0) };
  }
}

type Fault = { readonly code: ProblemCode; readonly message: string; readonly remedy: string };

/** YAML 1.1 merges what stands beside such a key, YAML 1.2 has a key of that name: readers disagree. */
const mergeKeyFault: Fault = {
  code: "unsupported-value",
  message: "merge keys are not part of YAML 1.2",
  remedy: "write the fields out",
};

/** No field or name of a document can be called so, and schema libraries pass over it in silence. */
const prototypeFault: Fault = {
  code: "unsupported-value",
  message: "__proto__ is no key of a document",
  remedy: "remove it, or give it another name",
};

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === "PLAIN" && key.source === "<<";
}

function repeatedKeyFault(name: string): Fault {
  return { code: "yaml-syntax", message: `the key ${name} stands twice in one map`, remedy: "keep one of them" };
}

const forgottenStartFault: Fault = {
  code: "yaml-syntax",
  message: "a second document starts here in the same map",
  remedy: "start the next document with a line ---",
};

/**
 * Keys at which further documents start because the line before them is missing: where the first repeated key of the header
 * stands again. One key that stands twice is only that.
 */
function findDocumentStarts(items: readonly { readonly key: unknown }[]): readonly unknown[] {
  const header = items.flatMap(({ key }) =>
    isScalar(key) && typeof key.value === "string" && /^(apiVersion|kind|metadata)$/.test(key.value) ? [key] : [],
  );
  const byName = Map.groupBy(header, ({ value }) => value);
  const repeated = [...byName.values()].flatMap((keys) => (keys.length > 1 ? [keys.slice(1)] : []));
  if (repeated.length < 2) return [];
  return repeated.toSorted(([a], [b]) => (rangeStart(a) ?? 0) - (rangeStart(b) ?? 0))[0] ?? [];
}

/** Kubernetes' tools read 0644 as octal, YAML 1.2 as 644: a file mode would silently be another one. */
function octalFault(source: string): Fault {
  return {
    code: "unsupported-value",
    message: `${source} is octal to YAML 1.1 and decimal to YAML 1.2`,
    remedy: "write it without the leading zero, in decimal or as 0o…",
  };
}

/** The place of a tree's origin; for one that a rule made, the top of the file that is being spoken about. */
export function placeOf(origin: Origin, file: string): Place {
  return origin.kind === "field"
    ? { file: origin.file, line: origin.line, column: origin.column }
    : { file, line: 1, column: 1 };
}

/** The place of what stands there; where nothing does, the one that stands for it. */
export function placeOr(tree: Traced | undefined, fallback: Place): Place {
  return tree === undefined ? fallback : placeOf(tree.origin, fallback.file);
}

/** Offset of a node in its text; undefined for what is not a node. */
export function rangeStart(node: unknown): number | undefined {
  const { range } = (node ?? {}) as Partial<Node>; // every node of the parser has a range or nothing
  return range?.[0];
}
