/** For tests: what auto-deploy would write for some files, and the files with it written. */
import { bindingKinds } from "../../schemas/kinds.ts";
import { deploy } from "../deploy/deploy.ts";
import { loadPlaces } from "../load/load-places.ts";
import { Recall } from "../recall.ts";
import { renderSpecs } from "../render-specs.ts";
import { indexFrozen } from "../resolve/resolve.ts";
import { type Files, loadFiles, specsFiles } from "../specs-fixture.contract.ts";
import { SpecsIndex } from "../validate/specs-index.ts";
import { bindingEdits } from "./binding-edits.ts";
import type { Edit } from "./edit.ts";
import { editSpecsFile } from "./edited-file.ts";
import type { Outdated } from "./outdated.ts";

export async function editsOf(files: Files): Promise<Outdated> {
  const specs = await loadFiles(files);
  const index = new SpecsIndex(specs.documents, specs.spoiled);
  const rendered = renderSpecs(specs);
  const { rules } = await loadPlaces(specsFiles(files));
  const deployed = { ...deploy(index, new Recall()), ...rendered, written: index.allOf(bindingKinds) };
  return bindingEdits(deployed, { index, frozen: indexFrozen(specs.frozen), spoils: rendered.spoils, rules });
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
