/**
 * The fields of a kind as a person reads them: `gitplane explain` and the reference pages say the same, from here. A list is
 * stepped through without a step of its own; a map's keys are written `<name>`.
 */
import { dnsLabel } from "./names.ts";
import { type DocumentKind, type SchemaNode, schemaNode } from "./schema-node.ts";

export type Field = {
  /** From the document's root, `<name>` for any key of a map. */
  readonly path: readonly string[];
  /** In words, such as `list of string`. */
  readonly type: string;
  /** The Kubernetes type that the field, or each of its items, stands for. */
  readonly kubernetesType?: string;
  readonly isRequired: boolean;
  readonly default?: unknown;
  readonly allowed?: readonly string[];
  /** What else a value must keep, in words. */
  readonly limits: readonly string[];
  readonly description?: string;
  readonly fields: readonly string[];
};

export const anyName = "<name>";

export type FieldSearch =
  | { readonly kind: "found"; readonly field: Field }
  /** No field of this name at the path before it, where there are these. */
  | {
      readonly kind: "unknown";
      readonly step: string;
      readonly before: readonly string[];
      readonly known: readonly string[];
    };

/**
 * A field by its path; the empty path is the document. Of a map, the step that names an entry may be left out where a field
 * of its entries follows (`containers.image`); a step in brackets is always an entry's name or an item's index.
 */
export function findField(kind: DocumentKind, path: readonly string[]): FieldSearch {
  let place: Place = { node: schemaNode(kind), path: [], isRequired: true };
  for (const step of path) {
    const next = childOf(place, step);
    if (next === undefined)
      return { kind: "unknown", step, before: place.path, known: childNames(throughLists(place.node)) };
    place = next;
  }
  return { kind: "found", field: fieldAt(place) };
}

/** The field and everything below it, in the order of the schema, down to where `goesInto` says no. */
export function fieldsBelow(
  kind: DocumentKind,
  path: readonly string[],
  goesInto: (field: Field) => boolean,
): readonly Field[] {
  const found = findField(kind, path);
  if (found.kind === "unknown") return [];
  const { field } = found;
  if (!goesInto(field)) return [field];
  return [field, ...field.fields.flatMap((name) => fieldsBelow(kind, [...field.path, name], goesInto))];
}

/** Up to the first full stop that ends a sentence; the whole text where there is none. */
export function firstSentence(text: string): string {
  return /^.*?[.:](?=\s|$)/s.exec(text)?.[0].replace(/:$/, ".") ?? text;
}

type Place = { readonly node: SchemaNode; readonly path: readonly string[]; readonly isRequired: boolean };

function childOf(place: Place, step: string): Place | undefined {
  if (step.startsWith("[") && place.node.type === "array") return { ...place, node: place.node.items ?? {} };
  if (step.startsWith("[")) return entryOf(place);
  const named = propertyOf(place, step);
  if (named !== undefined) return named;
  // Any other key of a map is as good as its placeholder.
  const entry = entryOf(place);
  return entry && (propertyOf(entry, step) ?? entry);
}

function propertyOf({ node, path }: Place, step: string): Place | undefined {
  const { properties = {}, required = [] } = throughLists(node);
  const child = Object.hasOwn(properties, step) ? properties[step] : undefined;
  return child && { node: child, path: [...path, step], isRequired: required.includes(step) };
}

function entryOf({ node, path }: Place): Place | undefined {
  const { additionalProperties } = throughLists(node);
  return additionalProperties ? { node: additionalProperties, path: [...path, anyName], isRequired: false } : undefined;
}

function childNames({ properties = {}, additionalProperties }: SchemaNode): readonly string[] {
  if (!additionalProperties) return Object.keys(properties);
  return isPlain(additionalProperties) ? [] : [anyName];
}

/** Nothing below it has a name. */
function isPlain(node: SchemaNode): boolean {
  return childNames(throughLists(node)).length === 0;
}

function throughLists(node: SchemaNode): SchemaNode {
  return node.type === "array" ? throughLists(node.items ?? {}) : node;
}

function fieldAt({ node, path, isRequired }: Place): Field {
  const { description, default: preset } = node;
  const inner = throughLists(node);
  const value = inner.additionalProperties ? throughLists(inner.additionalProperties) : inner;
  const allowed = allowedValues(inner);
  const kubernetesType = value.title;
  return {
    path,
    type: typeText(node),
    ...(kubernetesType !== undefined && { kubernetesType }),
    isRequired,
    ...(preset !== undefined && { default: preset }),
    ...(allowed !== undefined && { allowed }),
    limits: limitsOf(node),
    ...(description !== undefined && { description }),
    fields: childNames(inner),
  };
}

function allowedValues({ const: only, enum: words }: SchemaNode): readonly string[] | undefined {
  return only === undefined ? words?.map(String) : [String(only)];
}

function typeText(node: SchemaNode): string {
  const { type, title, items, additionalProperties, anyOf = [] } = node;
  if (type === "array") return `list of ${typeText(items ?? {})}`;
  if (type === "object" && additionalProperties) return `map of ${typeText(additionalProperties)}`;
  if (title !== undefined) return title;
  if (typeof type === "string") return type;
  const types = type ?? anyOf.flatMap((one) => one.type ?? []);
  return types.length === 0 ? "anything" : [...new Set(types)].join(" or ");
}

function limitsOf(node: SchemaNode): readonly string[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, minProperties, maxProperties } = node;
  const { pattern, propertyNames, "x-kubernetes-list-map-keys": keys, "x-kubernetes-validations": rules = [] } = node;
  const isName = pattern === dnsLabel.source;
  return [
    ...range("", minimum, maximum),
    ...(isName ? ["a DNS label"] : range(" characters", minLength, maxLength)),
    ...range(" items", minItems, maxItems),
    ...range(" entries", minProperties, maxProperties),
    ...(pattern !== undefined && !isName && pattern.length <= longestPattern ? [`matches ${pattern}`] : []),
    ...(propertyNames?.pattern === dnsLabel.source ? ["names are DNS labels"] : []),
    ...(keys !== undefined ? [`no two items with the same ${keys.join(" and ")}`] : []),
    ...rules.map(({ message }) => message),
  ];
}

/** A longer one tells a person nothing. */
const longestPattern = 80;

function range(unit: string, low: number | undefined, high: number | undefined): readonly string[] {
  if (low !== undefined && high !== undefined) return [`${low} to ${high}${unit}`];
  if (low !== undefined) return [`at least ${low}${unit}`];
  return high === undefined ? [] : [`at most ${high}${unit}`];
}
