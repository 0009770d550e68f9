/** For tests: what auto-deploy would write for some specs, and the files with it written. */
import { BindingMemory } from "../deploy/binding-memory.ts";
import { type BindingKey, bindingPath } from "../deploy/binding.ts";
import { type Deployed, deploy, readPipeline } from "../deploy/deploy.ts";
import { bindingKeyOf } from "../deploy/left-behind.ts";
import { FrozenClasses } from "../engine/frozen-classes.ts";
import type { Specs } from "../load/load.ts";
import { loadPlaces } from "../load/load-places.ts";
import type { PlaceRules } from "../load/places.ts";
import { renderSpecs } from "../render-specs.ts";
import { type Files, loadFiles, specsFiles } from "../specs-fixture.contract.ts";
import { type BindingDocument, componentOf, SpecsIndex } from "../validate/specs-index.ts";
import type { Edit } from "./edit.ts";
import { editSpecsFile } from "./edited-file.ts";
import { type EditLookup, joinOutdated, type Outdated, outdated } from "./outdated.ts";

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

type DeployedSpecs = Pick<Deployed, "bindings" | "gone"> & {
  readonly written: readonly BindingDocument[];
  /** Where nothing could be rendered. */
  readonly unrendered: readonly BindingKey[];
};

/** Edits in order of path and line. The same for the revision with these edits: none. */
function bindingEdits({ bindings, gone, written, unrendered }: DeployedSpecs, lookup: EditLookup): Outdated {
  const failed = new Set(unrendered.map(bindingPath));
  const sound = bindings.filter((binding) => !failed.has(bindingPath(binding)));
  const deployedByComponent = Map.groupBy(sound, componentPath);
  const writtenByComponent = Map.groupBy(written, (document) => componentPath(bindingKeyOf(document)));
  const goneByComponent = Map.groupBy(gone, (document) => componentPath(bindingKeyOf(document)));
  const components = new Set([...deployedByComponent.keys(), ...goneByComponent.keys()]);
  return joinOutdated(
    [...components].map((component) =>
      outdated(
        {
          deployed: deployedByComponent.get(component) ?? [],
          written: writtenByComponent.get(component) ?? [],
          gone: goneByComponent.get(component) ?? [],
        },
        lookup,
      ),
    ),
  );
}

function componentPath({ organization, project, component }: Omit<BindingKey, "environment">): string {
  return [organization, project, component].join("/");
}
