/** Whether an object may be ours at all: by its kind and its namespace, whatever the repository says. Pure. */
import type { Ceiling } from "../schemas/ceiling.ts";
import type { ObjectKey } from "../schemas/object-id.ts";

/** The namespace of the engine's own state; no Release may reach into it. */
export const engineNamespace = "gitplane-system";

/** Where a cluster keeps itself. A ceiling must name one of them in full to open it. */
const systemNamespaces: ReadonlySet<string> = new Set(["kube-system", "kube-public", "kube-node-lease"]);

/** Why the object is beyond the ceiling; undefined when it is not. */
export function describeBeyond(key: ObjectKey, ceiling: Ceiling): string | undefined {
  const { namespace } = key;
  const kinds = namespace === undefined ? ceiling.clusterKinds : ceiling.kinds;
  if (!kinds.some((pattern) => matchesKind(pattern, key))) {
    const list = namespace === undefined ? "clusterKinds" : "kinds";
    return `is beyond the agent's ceiling: its kind is not among the ${list}`;
  }
  const place = namespace ?? (key.group === "" && key.kind === "Namespace" ? key.name : undefined);
  if (place === undefined) return undefined;
  if (place === engineNamespace)
    return namespace === undefined ? "is the engine's own namespace" : `stands in ${place}`;
  return isOpen(place, ceiling.namespaces)
    ? undefined
    : `is beyond the agent's ceiling: the namespace ${place} is not open`;
}

function matchesKind(pattern: string, { group, kind }: ObjectKey): boolean {
  if (pattern === "*") return true;
  const slash = pattern.lastIndexOf("/");
  const [patternGroup, name] = slash < 0 ? ["", pattern] : [pattern.slice(0, slash), pattern.slice(slash + 1)];
  const [patternKind] = name.split("=");
  return patternGroup === group && (patternKind === "*" || patternKind === kind);
}

function isOpen(namespace: string, patterns: readonly string[]): boolean {
  if (systemNamespaces.has(namespace)) return patterns.includes(namespace);
  return patterns.some((pattern) => matchesText(pattern.split("*"), namespace));
}

/** Pieces in their order, the first at the start and the last at the end; no expression that could run away. */
function matchesText(pieces: readonly string[], text: string): boolean {
  const [first = "", ...rest] = pieces;
  if (rest.length === 0) return text === first;
  const last = rest.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}
