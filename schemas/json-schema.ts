/**
 * JSON Schemas for editors, in draft 7: what yaml-language-server reads ("JSON Schema 7 and below"). `jsonSchemaOfAll` serves
 * every file with one modeline, whatever kinds its documents have; Kubernetes types stand once, as definitions.
 */
import { compareText } from "./compare.ts";
import { type KindName, kindNames } from "./kinds.ts";
import { apiVersion } from "./metadata.ts";
import { mapNodes, type SchemaNode, schemaNode } from "./schema-node.ts";

export type JsonSchema = SchemaNode & {
  readonly $schema: string;
  readonly definitions?: Readonly<Record<string, EditorNode>>;
};

/** Editors show the description as Markdown where they find it under this name (VS Code, "JSON schemas and settings"). */
type EditorNode = SchemaNode & { readonly markdownDescription?: string };

const draft = "http://json-schema.org/draft-07/schema#";

export function jsonSchemaOf(kind: KindName): JsonSchema {
  const definitions = new Map<string, EditorNode>();
  const schema = editorSchema(schemaNode(kind), definitions);
  return { $schema: draft, ...schema, title: kind, ...(definitions.size > 0 && { definitions: sorted(definitions) }) };
}

/** Documents of every kind, and `gitplane.yaml`, so that one setting serves the whole repository. The kind chooses the schema by if and then, so that a mistake is told of that kind alone. */
export function jsonSchemaOfAll(): Omit<JsonSchema, "allOf"> & { readonly allOf: readonly unknown[] } {
  const definitions = new Map<string, EditorNode>();
  const names = [...kindNames, "Places"];
  for (const kind of kindNames) definitions.set(kind, editorSchema(schemaNode(kind), definitions));
  definitions.set("Places", editorSchema(schemaNode("Places"), definitions));
  const described = "What kind of thing the document describes.";
  return {
    $schema: draft,
    title: "Gitplane specs",
    type: "object",
    properties: {
      apiVersion: { const: apiVersion, description: "The version of the vocabulary." },
      kind: { enum: names, description: described },
    },
    required: ["apiVersion", "kind"],
    allOf: names.map((kind) => ({
      if: { properties: { kind: { const: kind } }, required: ["kind"] },
      // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema calls it so
      then: { $ref: `#/definitions/${kind}` },
    })),
    definitions: sorted(definitions),
  };
}

function sorted(definitions: ReadonlyMap<string, EditorNode>): Readonly<Record<string, EditorNode>> {
  return Object.fromEntries([...definitions].toSorted(([a], [b]) => compareText(a, b)));
}

/** Moves Kubernetes types to the definitions; what only CRDs read goes. */
function editorSchema(node: SchemaNode, definitions: Map<string, EditorNode>): EditorNode {
  return mapNodes(node, (one) => {
    const { "x-kubernetes-validations": _rules, "x-kubernetes-list-map-keys": _keys, title, ...rest } = one;
    const { description, default: preset, ...type } = rest;
    const words: EditorNode = {
      ...(description !== undefined && { description, markdownDescription: description }),
      ...(preset !== undefined && { default: preset }),
    };
    if (title === undefined) return { ...type, ...words };
    const name = `kubernetes.${title}`;
    definitions.set(name, { title, ...type });
    return { $ref: `#/definitions/${name}`, ...words };
  });
}
