/**
 * CustomResourceDefinitions of our kinds, so that an API server refuses what we refuse, at the same field. They are made from
 * the schemas: structural (every value has one type; Kubernetes, "Specifying a structural schema"), with rules in CEL for the
 * keys of records and for what the schemas check by code.
 *
 * What they cannot say, and `gitplane validate` does:
 * - whether anything else is there: references, duplicates, one claim per component, hosts and paths;
 * - that a field is unknown, unless the client asks for strict field validation (kubectl does);
 * - the organization in a name's length: a rule sees no `metadata.namespace`, so `<kind>.<org>.<plane>` is measured with the
 *   shortest organization;
 * - at which key of a record the fault is: a rule points at the record;
 * - what keys of labels and annotations look like, in templates: a rule over maps without a bound costs more than it may;
 * - whether the expressions of health rules can be read, and that a kind has one rule and a rule something that decides;
 * - that a cron range goes upwards, whether there is a time zone of the name, what contradicts itself in a
 *   template or in limits, which names a quota counts, and that what it counts is whole;
 * - promotion rounds over more than one path, what a date or an IPv6 address is beyond its letters;
 * - a guard of an APIClass that is left blank (`allowedIPs:` and nothing): the server drops nulls, and we refuse it
 *   where an API has the class;
 * - that a quantity is more than nothing, where it is written as the number 0: the server compares whole numbers with a bound
 *   that it cuts to a whole number too;
 * - what is only unsupported where it is rendered: secrets, API types without a route, policies of an APIClass.
 */
import { type CrdNames, crdNames } from "./crd-names.ts";
import type { KindName } from "./kinds.ts";
import { apiVersion } from "./metadata.ts";
import { type CelRule, type SchemaNode, schemaNode } from "./schema-node.ts";

/** The schema language of CRDs. */
type Structural = { readonly [word: string]: unknown };

export type Crd = Structural & { readonly kind: "CustomResourceDefinition" };

export const clusterScopedKinds: ReadonlySet<KindName> = new Set<KindName>(["Organization"]);

export function crdOf(kind: KindName): Crd {
  const [group = "", version = ""] = apiVersion.split("/");
  const { singular, plural, shortNames, columns } = crdNames(kind);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: clusterScopedKinds.has(kind) ? "Cluster" : "Namespaced",
      names: {
        kind,
        listKind: `${kind}List`,
        singular,
        plural,
        ...(shortNames.length > 0 && { shortNames }),
        categories: ["openchoreo"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: documentSchema(schemaNode(kind)) },
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns(columns),
        },
      ],
    },
  };
}

function printerColumns(columns: CrdNames["columns"]): readonly Structural[] {
  return [...columns, { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }];
}

/** Of metadata a CRD may restrict the name only; the rest is Kubernetes' own. */
function documentSchema({ description, properties = {}, required = [], ...node }: SchemaNode): Structural {
  const { metadata, spec } = properties;
  if (metadata?.properties?.["name"] === undefined || spec === undefined)
    throw new TypeError("a document has a name and a spec");
  return {
    type: "object",
    description,
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object", properties: { name: typed(metadata.properties["name"]) } },
      spec: structural(spec),
      status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
    ...(required.includes("spec") && { required: ["spec"] }),
    ...rules(node),
  };
}

/** A node in the schema language of CRDs. */
function structural(node: SchemaNode): Structural {
  const { description, default: preset } = node;
  return {
    ...(description !== undefined && { description }),
    ...(preset !== undefined && { default: preset }),
    ...typed(node),
    ...rules(node),
  };
}

function typed(node: SchemaNode): Structural {
  const { type, anyOf = [] } = node;
  if (type === "object") return objectSchema(node);
  if (type === "array") return listSchema(node);
  if (typeof type === "string") return { ...scalarSchema(node), type, ...(anyOf.length > 0 && { anyOf }) };
  if (isIntegerOrText(type)) return { "x-kubernetes-int-or-string": true };
  const types = new Set(anyOf.map((one) => one.type));
  if (types.has("number") && types.has("string")) return quantitySchema(anyOf);
  if (types.has("integer") && types.has("string"))
    return { "x-kubernetes-int-or-string": true, ...eitherSchema(anyOf) };
  if (node["x-kubernetes-validations"] !== undefined)
    return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return { "x-kubernetes-preserve-unknown-fields": true };
}

function isIntegerOrText(type: SchemaNode["type"]): boolean {
  return Array.isArray(type) && type.length === 2 && type.includes("integer") && type.includes("string");
}

/**
 * `cpu: 0.5` is legal, and a CRD's only union is of whole numbers and texts. So the node has no type, and what it must not be
 * is said word by word: a text is held against the pattern, and truth values, lists and maps have no legal form.
 */
function quantitySchema(anyOf: readonly SchemaNode[]): Structural {
  return {
    "x-kubernetes-preserve-unknown-fields": true,
    ...eitherSchema(anyOf),
    not: { enum: [true, false] },
    minItems: 1,
    maxItems: 0,
    minProperties: 1,
    maxProperties: 0,
  };
}

/** What is asked of numbers is not asked of texts, and the other way round, so both may stand side by side. */
function eitherSchema(anyOf: readonly SchemaNode[]): Structural {
  return Object.assign({}, ...anyOf.map(scalarSchema)) as Structural; // of objects of this type
}

function objectSchema(node: SchemaNode): Structural {
  const { properties, required = [], additionalProperties, minProperties, maxProperties } = node;
  return {
    type: "object",
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, structural(field)])),
    }),
    ...(required.length > 0 && { required }),
    ...(additionalProperties && { additionalProperties: structural(additionalProperties) }),
    ...(minProperties !== undefined && { minProperties }),
    ...(maxProperties !== undefined && { maxProperties }),
  };
}

/** What tells items of a list apart must be there or have a default; these are Kubernetes' own defaults. */
const keyDefaults: Readonly<Record<string, string>> = { protocol: "TCP", name: "" };

function listSchema({ items = {}, minItems, maxItems, "x-kubernetes-list-map-keys": keys }: SchemaNode): Structural {
  return {
    type: "array",
    items: structural(keys === undefined ? items : withKeyDefaults(items, keys)),
    ...(minItems !== undefined && { minItems }),
    ...(maxItems !== undefined && { maxItems }),
    ...(keys !== undefined && { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys }),
  };
}

function withKeyDefaults(items: SchemaNode, keys: readonly string[]): SchemaNode {
  const open = keys.filter((key) => items.required?.includes(key) !== true);
  const fields = open.map((key) => [key, { ...items.properties?.[key], default: keyDefaults[key] }] as const);
  return { ...items, properties: { ...items.properties, ...Object.fromEntries(fields) } };
}

function scalarSchema({ const: only, ...node }: SchemaNode): Structural {
  const { pattern, format, minimum, maximum, minLength, maxLength } = node;
  const allowed = only === undefined ? node.enum : [only];
  const words = { enum: allowed, pattern, format, minimum, maximum, minLength, maxLength };
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined));
}

function rules(node: SchemaNode): Structural {
  const { propertyNames, maxProperties, additionalProperties, "x-kubernetes-validations": own = [] } = node;
  // Over a map without a bound the server reckons a rule dearer than it allows, and over values without a type (quantities) it makes none.
  const isTyped = additionalProperties !== false && typeof additionalProperties?.type === "string";
  const all: readonly CelRule[] = [...own, ...(maxProperties !== undefined && isTyped ? keyRules(propertyNames) : [])];
  return all.length === 0 ? {} : { "x-kubernetes-validations": all };
}

/** A CRD's schema has no word for the keys of a record. */
function keyRules(names: SchemaNode | undefined): readonly CelRule[] {
  if (names?.pattern === undefined) return [];
  return [
    {
      rule: `self.all(name, name.matches(r'${names.pattern}'))`,
      message: `a name in it does not match ${names.pattern}`,
    },
  ];
}
