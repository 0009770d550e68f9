/** What auto-deploy has to write for a whole revision of the specs: component by component, each of its own documents. */
import type { BindingKey } from "../deploy/binding.ts";
import { bindingPath } from "../deploy/binding.ts";
import type { Deployed } from "../deploy/deploy.ts";
import { bindingKeyOf } from "../deploy/left-behind.ts";
import type { BindingDocument } from "../validate/specs-index.ts";
import { type EditLookup, joinOutdated, type Outdated, outdated } from "./outdated.ts";

export type DeployedSpecs = Pick<Deployed, "bindings" | "gone"> & {
  readonly written: readonly BindingDocument[];
  /** Where nothing could be rendered. */
  readonly unrendered: readonly BindingKey[];
};

/** Edits in order of path and line. The same for the revision with these edits: none. */
export function bindingEdits({ bindings, gone, written, unrendered }: DeployedSpecs, lookup: EditLookup): Outdated {
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
