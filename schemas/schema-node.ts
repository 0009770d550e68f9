/**
 * Every kind's schema as a tree of JSON Schema nodes, from which all that is generated is made: JSON Schemas for editors,
 * CRDs, `gitplane explain` and the reference pages. zod writes the tree (draft 7, as documents are written, before defaults
 * are filled in); what only zod needs is taken out. What a refinement checks and zod cannot write stands in the refined
 * schema's `meta`, next to the refinement: JSON Schema words, or the rule in CEL (`x-kubernetes-validations`).
 */
import { z } from "zod";
import { type KindName, kinds } from "./kinds.ts";
import { Places } from "./places.ts";

/** A rule of a CRD (Kubernetes, "Validation rules"): true for what is right. The path leads from the node to the field at fault. */
export type CelRule = { readonly rule: string; readonly message: string; readonly fieldPath?: string };

/** As far as our schemas use JSON Schema. */
export type SchemaNode = {
  readonly $ref?: string;
  /** Name of the Kubernetes type that the node stands for. */
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | false;
  readonly propertyNames?: SchemaNode;
  readonly items?: SchemaNode;
  readonly contains?: SchemaNode;
  readonly enum?: readonly (string | number | boolean)[];
  readonly const?: string | number | boolean;
  readonly default?: unknown;
  readonly allOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly not?: SchemaNode;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly "x-kubernetes-validations"?: readonly CelRule[];
  /** Fields that tell the items of a list apart. */
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
};

/** What people write: a document of a kind, or `gitplane.yaml`. */
export type DocumentKind = KindName | "Places";

const known = new Map<DocumentKind, SchemaNode>();

/** The schema of a kind's documents, Kubernetes types in place. */
export function schemaNode(kind: DocumentKind): SchemaNode {
  const found = known.get(kind) ?? nodeOf(schemaOf(kind));
  known.set(kind, found);
  return found;
}

/** What a kind is, in words. */
export function kindDescription(kind: DocumentKind): string {
  return schemaOf(kind).description ?? "";
}

function schemaOf(kind: DocumentKind): z.ZodType {
  return kind === "Places" ? Places : kinds[kind];
}

/** The tree of any schema of a document. */
export function nodeOf(schema: z.ZodType): SchemaNode {
  const { $schema: _, ...node } = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    reused: "inline",
  });
  return tidy(node as SchemaNode); // what zod writes of our schemas; validators and an API server read it in the tests
}

/** Applies a change to every node below, deepest first, and to the node itself. */
export function mapNodes(node: SchemaNode, change: (node: SchemaNode) => SchemaNode): SchemaNode {
  const inner = (one: SchemaNode): SchemaNode => mapNodes(one, change);
  const { properties, additionalProperties, propertyNames, items, allOf, anyOf, oneOf, not } = node;
  return change({
    ...node,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, inner(field)])),
    }),
    ...(additionalProperties && { additionalProperties: inner(additionalProperties) }),
    ...(propertyNames && { propertyNames: inner(propertyNames) }),
    ...(items && { items: inner(items) }),
    ...(allOf && { allOf: allOf.map(inner) }),
    ...(anyOf && { anyOf: anyOf.map(inner) }),
    ...(oneOf && { oneOf: oneOf.map(inner) }),
    ...(not && { not: inner(not) }),
  });
}

function tidy(node: SchemaNode): SchemaNode {
  return mapNodes(node, ({ propertyNames, minimum, maximum, format, ...rest }) => ({
    ...rest,
    // Any text may be a key: JSON knows no other keys.
    ...(propertyNames?.pattern !== undefined && { propertyNames }),
    // What a JavaScript number can hold says nothing about a document.
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
    // Formats that only zod knows stand beside a pattern that says the same.
    ...(format === "uri" && { format }),
  }));
}
