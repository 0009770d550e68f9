/**
 * Values that stand in Git under a name that says secret: variables of Workloads, Bindings and classes, and values of a
 * ConfigurationGroup whose key, or a variable that refers to it, is so named. Warnings, because only a person can tell.
 */
import { bindingKinds, classKinds, organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import type { Recall } from "../recall.ts";
import { isNoSecret, isSecretName } from "./secret-name.ts";
import { fieldPlace, type SpecsIndex } from "./specs-index.ts";

export function checkSecretValues(index: SpecsIndex, recall: Recall): readonly Problem[] {
  const documents = [...index.all("Workload"), ...index.allOf(bindingKinds), ...index.allOf(classKinds)];
  const named = documents.flatMap((document) =>
    recall.of(document, "secret names", { make: () => secretNames(document) }),
  );
  const reached = new Set(
    named.flatMap(({ tree, document }) => {
      const reference = at(tree, "valueFrom", "configurationGroupRef");
      return [keyOf(document, textOf(at(reference, "name")), textOf(at(reference, "key")))];
    }),
  );
  return [
    ...named.flatMap(({ name, tree, document }) => warn(document, name, at(tree, "value"))),
    ...index.all("ConfigurationGroup").flatMap((group) => checkGroup(group, reached)),
  ];
}

function checkGroup(
  group: SpecDocument<ResourceOf<"ConfigurationGroup">>,
  reached: ReadonlySet<string>,
): readonly Problem[] {
  const { metadata, spec } = group.resource;
  return spec.configurations.flatMap(({ key, values }, configuration) => {
    if (!isSecretName(key) && !reached.has(keyOf(group, metadata.name, key))) return [];
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
        "let the class refer to a Secret that stands in the cluster; if this value is in use, revoke it, because Git keeps it forever",
    },
  ];
}

function secretNames(document: SpecDocument): readonly (Variable & { readonly document: SpecDocument })[] {
  const named = variablesOf(document.tree).filter(({ name }) => isSecretName(name));
  return named.map((variable) => ({ ...variable, document }));
}

type Variable = { readonly name: string; readonly tree: Traced };

/** Items of every list called `env`; Workloads call a variable's name `key`, connections and Kubernetes `name`. */
function variablesOf(tree: Traced): readonly Variable[] {
  if (tree.kind === "list") return tree.items.flatMap(variablesOf);
  if (tree.kind !== "map") return [];
  return [...tree.entries].flatMap(([field, value]) => {
    if (field !== "env" || value.kind !== "list") return variablesOf(value);
    return value.items.map((item) => ({ name: textOf(at(item, "key") ?? at(item, "name")), tree: item }));
  });
}

function textOf(tree: Traced | undefined): string {
  return String(scalarOf(tree) ?? "");
}

function keyOf({ resource }: SpecDocument, group: string, key: string): string {
  return JSON.stringify([organizationOf(resource), group, key]);
}
