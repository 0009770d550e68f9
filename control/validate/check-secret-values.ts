/**
 * Values that stand in Git under a name that says secret: variables and files of Workloads, Bindings and classes, and values of a
 * ConfigurationGroup whose key, or a variable that refers to it, is so named. Warnings, because only a person can tell.
 */
import { bindingKinds, classKinds, organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { isNoSecret, isSecretName } from "./secret-name.ts";
import { fieldPlace } from "./specs-index.ts";

/** Of a Workload, a Binding or a class; none of another kind. */
export function checkSecretVariables(document: SpecDocument): readonly Problem[] {
  return secretVariables(document).flatMap(({ name, tree }) => warn(document, name, at(tree, "value")));
}

/** The keys of ConfigurationGroups that a document refers to from variables that are named like secrets, as `reachedKey` names them. */
export function reachedBySecrets(document: SpecDocument): readonly string[] {
  return secretVariables(document).flatMap(({ tree }) => {
    const reference = at(tree, "valueFrom", "configurationGroupRef");
    if (reference === undefined) return [];
    return [reachedKey(document, textOf(at(reference, "name")), textOf(at(reference, "key")))];
  });
}

/** Of a ConfigurationGroup, of which `isReached` says whether a secret's name refers to a key, as `reachedKey` names it. */
export function checkSecretConfigurations(
  group: SpecDocument<ResourceOf<"ConfigurationGroup">>,
  isReached: (key: string) => boolean,
): readonly Problem[] {
  const { metadata, spec } = group.resource;
  return spec.configurations.flatMap(({ key, values }, configuration) => {
    if (!isSecretName(key) && !isReached(reachedKey(group, metadata.name, key))) return [];
    return values.flatMap((_value, position) =>
      warn(group, key, at(group.tree, "spec", "configurations", configuration, "values", position, "value")),
    );
  });
}

function warn(document: SpecDocument, name: string, value: Traced | undefined): readonly Problem[] {
  if (value?.kind !== "scalar" || typeof value.value !== "string" || isNoSecret(value.value)) return [];
  return [
    {
      code: "secret-like-value",
      severity: "warning",
      message: `${name} is named like a secret, and its value stands in Git`,
      place: placeOf(value.origin, fieldPlace(document).file),
      remedy:
        "keep it in the plane's secret store and let the Workload refer to it with valueFrom.secretRef; if this value is in use, revoke it, because Git keeps it forever",
    },
  ];
}

function secretVariables({ resource, tree }: SpecDocument): readonly Variable[] {
  if (!mayHaveVariables.has(resource.kind)) return [];
  const variables: Variable[] = [];
  collectVariables(tree, variables);
  return variables.filter(({ name }) => isSecretName(name));
}

const mayHaveVariables: ReadonlySet<string> = new Set(["Workload", ...bindingKinds, ...classKinds]);

const settingLists: ReadonlySet<string> = new Set(["env", "files"]);

type Variable = { readonly name: string; readonly tree: Traced };

/** Items of every list called `env` or `files`; Workloads call the name `key`, connections and Kubernetes `name`. */
function collectVariables(tree: Traced, found: Variable[]): void {
  if (tree.kind === "list") for (const item of tree.items) collectVariables(item, found);
  if (tree.kind !== "map") return;
  for (const [field, value] of tree.entries) {
    if (!settingLists.has(field) || value.kind !== "list") collectVariables(value, found);
    else for (const item of value.items) found.push({ name: textOf(at(item, "key") ?? at(item, "name")), tree: item });
  }
}

function textOf(tree: Traced | undefined): string {
  return String(scalarOf(tree) ?? "");
}

function reachedKey({ resource }: SpecDocument, group: string, key: string): string {
  return JSON.stringify([organizationOf(resource), group, key]);
}
