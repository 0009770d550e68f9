/**
 * Everything under `docs/` that is made from the schemas, as path to text: CRDs, JSON Schemas and reference pages.
 * `npm run docs` writes them; a test compares them with what is committed.
 */
import { crdOf } from "../schemas/crd.ts";
import { jsonSchemaOfAll } from "../schemas/json-schema.ts";
import { kindSlug } from "../schemas/kind-slug.ts";
import { kindNames } from "../schemas/kinds.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";

/** Folders that hold generated files and nothing else. */
export const generatedFolders = ["crds", "schemas", "reference"] as const;

export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...kindNames.map((kind) => [`crds/${kindSlug(kind)}.yaml`, writeStateYaml(crdOf(kind))] as const),
    ["schemas/gitplane.json", json(jsonSchemaOfAll())],
  ]);
}
function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
