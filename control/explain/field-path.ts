/** Fields of a manifest as people write them, and whether a leaf lies under one. */
import { at, type Traced } from "../load/traced.ts";

/** The parts of a JSON Pointer (RFC 6901). */
export function parsePointer(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** `spec.containers[main].image`: an item of a list by its name where it has one, else by its index; quoted where a dot stands in a key. */
export function fieldPath(tree: Traced, path: readonly string[]): string {
  let text = "";
  let node: Traced | undefined = tree;
  for (const part of path) {
    if (node?.kind === "list") {
      const item: Traced | undefined = node.items[Number(part)];
      const name = at(item, "name");
      text += `[${name?.kind === "scalar" ? String(name.value) : part}]`;
      node = item;
    } else {
      text += /[.[\]]/.test(part) ? `["${part}"]` : `${text === "" ? "" : "."}${part}`;
      node = at(node, part);
    }
  }
  return text;
}

export type FieldQuery = {
  /** Kind, or kind and name, of the object; any when undefined. */
  readonly object: { readonly kind: string; readonly name?: string } | undefined;
  readonly parts: readonly string[];
};

/**
 * Reads `[Kind[/name]] [.]field`, such as `spec.replicas`, `Deployment.spec.replicas`, `Service/cart.spec`, a JSON Pointer, or
 * `containers[main].image` and `containers[0].image`, which lie somewhere below.
 */
export function parseFieldQuery(text: string): FieldQuery {
  if (text.startsWith("/")) return { object: undefined, parts: parsePointer(text) };
  const [first = "", ...rest] = splitField(text);
  if (!/^[A-Z]/.test(first)) return { object: undefined, parts: [first, ...rest] };
  const [kind = "", name] = first.split("/");
  return { object: { kind, ...(name === undefined ? {} : { name }) }, parts: rest };
}

/** Parts between dots and in brackets; what stands in quotes is one part. */
function splitField(text: string): readonly string[] {
  return [...text.matchAll(/\["([^"]*)"\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, plain]) => quoted ?? index ?? plain ?? "",
  );
}

/** Whether a leaf lies at or under the field, which may start anywhere in the object. */
export function matchesField(
  query: FieldQuery,
  leaf: { readonly object: string; readonly field: string; readonly pointer: string },
): boolean {
  return (
    matchesObject(query.object, leaf.object) &&
    (liesUnder(query.parts, splitField(leaf.field)) || liesUnder(query.parts, parsePointer(leaf.pointer)))
  );
}

function matchesObject(wanted: FieldQuery["object"], id: string): boolean {
  if (wanted === undefined) return true;
  const parts = id.split("/");
  const name = parts.at(-1);
  return (
    parts.slice(0, -1).some((part) => part.toLowerCase() === wanted.kind.toLowerCase()) &&
    (wanted.name === undefined || wanted.name === name)
  );
}

function liesUnder(query: readonly string[], path: readonly string[]): boolean {
  return path.some((_, start) => query.every((part, index) => path[start + index] === part)) || query.length === 0;
}
