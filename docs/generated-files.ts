/**
 * Everything under `docs/` that is made from the schemas, as path to text: CRDs, the JSON Schema of all kinds and the
 * reference pages. `npm run docs` writes them; a test compares them with what is committed.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crdOf } from "../schemas/crd.ts";
import { jsonSchemaOfAll } from "../schemas/json-schema.ts";
import { kindSlug } from "../schemas/kind-slug.ts";
import { bindingKinds, claimKinds, type KindName, kindNames } from "../schemas/kinds.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { referenceIndex, referencePage } from "./reference-page.ts";

/** Folders that hold generated files and nothing else. */
export const generatedFolders = ["crds", "schemas", "reference"] as const;

const examples = join(import.meta.dirname, "..", "fixtures", "examples");
const applicationKinds: readonly KindName[] = ["Component", "Workload", ...claimKinds, "Build"];

/** Reads the examples; throws when a kind has none. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const pages = kindNames.map(async (kind): Promise<readonly [string, string]> => {
    const example = await readFile(join(examples, `${kindSlug(kind)}.yaml`), "utf8");
    return [`reference/${kindSlug(kind)}.md`, referencePage(kind, example)];
  });
  return new Map([
    ...kindNames.map((kind) => [`crds/${kindSlug(kind)}.yaml`, writeStateYaml(crdOf(kind))] as const),
    ["schemas/gitplane.json", `${JSON.stringify(jsonSchemaOfAll(), undefined, 2)}\n`],
    ["reference/README.md", referenceIndex(groups())],
    ...(await Promise.all(pages)),
  ]);
}

function groups(): ReadonlyMap<string, readonly KindName[]> {
  const rest = kindNames.filter((kind) => !applicationKinds.includes(kind) && !isBinding(kind));
  return new Map([
    ["Platform", rest],
    ["Applications", applicationKinds],
    ["Placements", bindingKinds],
  ]);
}

function isBinding(kind: KindName): boolean {
  return bindingKinds.some((binding) => binding === kind);
}
