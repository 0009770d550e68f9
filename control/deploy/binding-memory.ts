/** The same Binding for the same documents: whatever was made of it then holds as long as they do. Costs time only when dropped. */
import type { ResourceOf } from "../../schemas/kinds.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, leafOrigins, toPlain } from "../load/traced.ts";
import type { BindingDocument, Claim } from "../validate/specs-index.ts";
import { type Binding, type BindingKey, followClaim, writtenBinding } from "./binding.ts";

/** What auto-deploy follows. */
export type Followed = { readonly claim: Claim; readonly workload: SpecDocument<ResourceOf<"Workload">> };

type Made = { readonly workload: SpecDocument; readonly existing: Binding | undefined; readonly binding: Binding };

export class BindingMemory {
  readonly #written = new WeakMap<BindingDocument, Binding>();
  readonly #followed = new WeakMap<Claim, Map<string, Made>>();

  written(document: BindingDocument): Binding {
    const known = this.#written.get(document) ?? writtenBinding(document);
    this.#written.set(document, known);
    return known;
  }

  /** The Binding that follows a claim into an environment, where `existing` stands now. */
  followed(key: BindingKey, { claim, workload }: Followed, existing: Binding | undefined): Binding {
    const made = this.#followed.get(claim) ?? new Map<string, Made>();
    this.#followed.set(claim, made);
    const known = made.get(key.environment);
    if (known !== undefined && known.workload === workload && isSame(known.existing, existing)) return known.binding;
    const { owner: _owner, ...template } = workload.resource.spec;
    const source = { claim, workload: template, workloadTree: at(workload.tree, "spec") };
    const binding = followClaim(key, source, existing);
    made.set(key.environment, { workload, existing, binding });
    return binding;
  }
}

/** Whether what a Binding that follows a claim takes of the one that stands there is the same. */
function isSame(a: Binding | undefined, b: Binding | undefined): boolean {
  return a === b || JSON.stringify(takenOf(a)) === JSON.stringify(takenOf(b));
}

function takenOf(binding: Binding | undefined): unknown {
  if (binding === undefined) return undefined;
  const { releaseState, releaseStateTree, overridesTree, planeOverridesTree, environmentPlace, domainsTree } = binding;
  const trees = [overridesTree, planeOverridesTree, domainsTree].map(
    (tree) => tree && [toPlain(tree), [...leafOrigins(tree)]],
  );
  return [releaseState, releaseStateTree?.origin, trees, environmentPlace];
}
