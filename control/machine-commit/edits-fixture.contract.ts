/** For tests: what auto-deploy would write for some specs, and the files with it written. */
import { BindingMemory } from "../deploy/binding-memory.ts";
import { deploy, readPipeline } from "../deploy/deploy.ts";
import { FrozenClasses } from "../engine/frozen-classes.ts";
import type { Specs } from "../load/load.ts";
import { loadPlaces } from "../load/load-places.ts";
import type { PlaceRules } from "../load/places.ts";
import { renderSpecs } from "../render-specs.ts";
import { type Files, loadFiles, specsFiles } from "../specs-fixture.contract.ts";
import { componentOf, SpecsIndex } from "../validate/specs-index.ts";
import { bindingEdits } from "./binding-edits.ts";
import type { Edit } from "./edit.ts";
import { editSpecsFile } from "./edited-file.ts";
import type { Outdated } from "./outdated.ts";

export async function editsOf(files: Files): Promise<Outdated> {
  const { rules } = await loadPlaces(specsFiles(files));
  return editsOfSpecs(await loadFiles(files), rules);
}

export function editsOfSpecs(specs: Specs, rules: PlaceRules | undefined): Outdated {
  const index = new SpecsIndex(specs.documents, specs.spoiled);
  const { unrendered, spoils } = renderSpecs(specs);
  const frozen = new FrozenClasses();
  frozen.exchange([], specs.frozen);
  const line = { index, pipelineOf: (document: Parameters<typeof readPipeline>[0]) => readPipeline(document, index) };
  const memory = new BindingMemory();
  const components = new Set(specs.documents.flatMap(({ resource }) => componentOf(resource) ?? []));
  const owned = [...components].map((component) => index.ownedBy(component));
  const deployed = owned.map((one) => deploy(one, { ...line, memory }));
  const all = {
    bindings: deployed.flatMap(({ bindings }) => bindings),
    gone: deployed.flatMap(({ gone }) => gone),
    written: owned.flatMap(({ bindings }) => bindings),
    unrendered,
  };
  return bindingEdits(all, { index, frozen, spoils, rules });
}

/** Throws where an edit is refused. */
export function withEdits(files: ReadonlyMap<string, string>, edits: readonly Edit[]): Map<string, string> {
  const result = new Map(files);
  for (const [path, own] of Map.groupBy(edits, (edit) => edit.path)) {
    const text = result.get(path);
    const edited = editSpecsFile(path, text === undefined ? undefined : Buffer.from(text), own);
    if (edited.kind !== "edited") throw new Error(`${path}: ${JSON.stringify(edited)}`);
    if (edited.bytes === null) result.delete(path);
    else result.set(path, Buffer.from(edited.bytes).toString("utf8"));
  }
  return result;
}
