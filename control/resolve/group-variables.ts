/**
 * Variables for every key of a ConfigurationGroup: `envFrom` of a Workload's container. As in Kubernetes, what is said of a
 * variable by itself, or by a connection, goes before, and a later group before an earlier one. Each key has a value in the
 * environment, or there is a Problem: a variable that silently is not there is found out by who runs into it.
 */
import { compareText } from "../../schemas/compare.ts";
import { VariableName } from "../../schemas/kubernetes/formats.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { relatedTo } from "../problems/related.ts";
import type { Lookup } from "../validate/lookup.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { type ConfigurationGroupDocument, findGroup } from "./configurations.ts";
import type { DataPlaneDocument } from "./gateways.ts";
import { primaryContainer } from "./primary-container.ts";
import { type Asked, problemAt } from "./reference.ts";
import { checkStore } from "./secret-store.ts";
import type { StoredSecret } from "./stored-secret.ts";
import { findConfigured, type Supplied } from "./values.ts";

export type GroupVariable = {
  readonly name: Traced;
  readonly supplied: Supplied;
  /** What asks for the group. */
  readonly entry: Traced;
};

export type GroupVariables = {
  /** By container; in order of their names. */
  readonly variables: ReadonlyMap<string, readonly GroupVariable[]>;
  readonly secrets: readonly StoredSecret[];
  readonly problems: readonly Problem[];
  /** A group has a Problem of its own: nothing is wrong here, and nothing can be said. */
  readonly isBlocked: boolean;
};

type Surroundings = { readonly index: Lookup; readonly plane: DataPlaneDocument | undefined };

export function resolveGroupVariables(binding: Binding, { index, plane }: Surroundings): GroupVariables {
  const variables = new Map<string, GroupVariable[]>();
  const secrets: StoredSecret[] = [];
  const problems: Problem[] = [];
  let isBlocked = false;
  for (const container of Object.keys(binding.workload.containers).toSorted(compareText)) {
    const keys = keysOf(container, binding, index);
    problems.push(...keys.problems);
    isBlocked ||= keys.isBlocked;
    const named: GroupVariable[] = [];
    for (const wanted of keys.wanted.toSorted((a, b) => compareText(a.key, b.key))) {
      const { context, entry, key, name } = wanted;
      const reference = { name: wanted.group.resource.metadata.name, key };
      const found = findConfigured(reference, at(entry, "configurationGroupRef"), context);
      if (found === "blocked") isBlocked = true;
      else if ("code" in found) problems.push(found);
      else if ("secret" in found) {
        // Said at the first that needs it.
        if (secrets.length === 0) problems.push(...checkStore({ what: key, node: entry, plane }, context));
        secrets.push(found.secret);
        named.push({ name, entry, supplied: { kind: "secret", secret: found.secret.name, key: found.key } });
      } else named.push({ name, entry, supplied: { kind: "text", value: found.value } });
    }
    if (named.length > 0) variables.set(container, named);
  }
  return { variables, secrets, problems, isBlocked };
}

type WantedKey = {
  readonly key: string;
  readonly name: Traced;
  readonly group: ConfigurationGroupDocument;
  readonly entry: Traced;
  readonly context: Asked;
};

type Keys = {
  readonly wanted: readonly WantedKey[];
  readonly problems: readonly Problem[];
  readonly isBlocked: boolean;
};

/** Keys that nothing before them says. */
function keysOf(container: string, binding: Binding, index: Lookup): Keys {
  const { env = [], envFrom = [] } = binding.workload.containers[container] ?? {};
  const over = binding.overrides?.containers?.[container]?.env ?? [];
  const said = new Set([...[...env, ...over].map(({ key }) => key), ...connectedNames(container, binding)]);
  const wanted: WantedKey[] = [];
  const problems: Problem[] = [];
  let isBlocked = false;
  for (const [position, { configurationGroupRef }] of [...envFrom.entries()].toReversed()) {
    const entry = at(binding.workloadTree, "containers", container, "envFrom", position);
    const context = { binding, index, entry };
    const group = findGroup(configurationGroupRef.name, at(entry, "configurationGroupRef"), context);
    if (group === "blocked") isBlocked = true;
    else if ("code" in group) problems.push(group);
    else if (entry !== undefined) {
      const own = namesOf(group).filter(({ key }) => !said.has(key));
      for (const { key } of own) said.add(key);
      const [bad, good] = [own.filter((one) => !isVariableName(one)), own.filter(isVariableName)];
      problems.push(...bad.map(({ name }) => badName(group, name, context)));
      wanted.push(...good.map((one) => ({ ...one, group, entry, context })));
    }
  }
  return { wanted, problems, isBlocked };
}

/** Of the variables that connections are injected into. */
function connectedNames(container: string, { workload: { containers, connections } }: Binding): readonly string[] {
  if (container !== primaryContainer(containers)) return [];
  return Object.values(connections).flatMap(({ inject }) => inject.env.map(({ name }) => name));
}

type NamedKey = Pick<WantedKey, "key" | "name">;

function namesOf({ resource, tree }: ConfigurationGroupDocument): readonly NamedKey[] {
  return resource.spec.configurations.flatMap(({ key }, position) => {
    const name = at(tree, "spec", "configurations", position, "key");
    return name === undefined ? [] : [{ key, name }];
  });
}

function isVariableName({ key }: NamedKey): boolean {
  return VariableName.safeParse(key).success;
}

function badName(group: ConfigurationGroupDocument, name: Traced, context: Asked): Problem {
  const { name: groupName } = group.resource.metadata;
  const position = group.resource.spec.configurations.findIndex(({ key }) => key === scalarOf(name));
  const place = fieldPlace(group, "spec", "configurations", position, "key");
  return problemAt(context, context.entry, {
    code: "unsupported-value",
    message: `${String(scalarOf(name))} of ConfigurationGroup ${groupName} is no name that a variable may have`,
    remedy: "call it with letters, digits, _, - and . only, or name the keys that are wanted in env",
    ...relatedTo([{ place, message: "the key stands here" }]),
  });
}
