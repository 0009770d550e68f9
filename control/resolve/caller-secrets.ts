/**
 * Secrets that gateways check the callers of a component's APIs with: the SecretReferences that the APIs' classes name for
 * the levels at which each is exposed. A policy reads Secrets of its own namespace, so each becomes an ExternalSecret of the
 * component, beside the policy.
 */
import { compareText } from "../../schemas/compare.ts";
import type { Problem } from "../../schemas/problem.ts";
import { exposeLevelsOf } from "../../schemas/service.ts";
import type { Binding } from "../deploy/binding.ts";
import { at } from "../load/traced.ts";
import { effectivePolicy } from "../render/effective-policy.ts";
import { checkApiClass } from "../validate/check-api-class.ts";
import { checkSecretReference } from "../validate/check-secret-reference.ts";
import type { Lookup } from "../validate/lookup.ts";
import type { ApiClass } from "./api-classes.ts";
import type { DataPlaneDocument } from "./gateways.ts";
import { checkStore } from "./secret-store.ts";
import { referencedSecret, type StoredSecret } from "./stored-secret.ts";

export type CallerSecrets = {
  readonly secrets: readonly StoredSecret[];
  readonly problems: readonly Problem[];
  /** A class, or what it names, has a Problem of its own: nothing is wrong here, and nothing can be said. */
  readonly isBlocked: boolean;
};

type Surroundings = {
  readonly index: Lookup;
  readonly plane: DataPlaneDocument | undefined;
  /** By the API's name. */
  readonly classes: ReadonlyMap<string, ApiClass>;
};

export function findCallerSecrets(binding: Binding, { index, plane, classes }: Surroundings): CallerSecrets {
  const secrets: StoredSecret[] = [];
  const problems: Problem[] = [];
  let isBlocked = false;
  for (const [api, apiClass] of [...classes].toSorted(([a], [b]) => compareText(a, b))) {
    const names = secretNames(binding, api, apiClass);
    if (names.size === 0) continue;
    const entry = at(binding.apisTree, api);
    const what = `what API ${api} of ${binding.component} checks callers with`;
    problems.push(...checkStore({ what, node: at(entry, "className"), plane }, { binding, index, entry }));
    isBlocked ||= checkApiClass(apiClass, index).length > 0;
    for (const name of names) {
      const document = index.find("SecretReference", binding.organization, name);
      if (document === undefined || checkSecretReference(document).length > 0) isBlocked = true;
      else secrets.push(referencedSecret(document, binding.component));
    }
  }
  return { secrets, problems, isBlocked };
}

function secretNames({ apis }: Binding, api: string, apiClass: ApiClass): ReadonlySet<string> {
  const said = apis[api];
  if (said === undefined) return new Set();
  const levels = exposeLevelsOf(said).filter((level) => level !== "Project");
  const names = levels.flatMap((level) => {
    const { apikey, basic } = effectivePolicy(apiClass, { level, type: said.type }).policy.authentication ?? {};
    return [apikey?.secretRef?.name, basic?.secretRef.name];
  });
  return new Set(names.filter((name) => name !== undefined));
}
