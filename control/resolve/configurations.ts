/**
 * Values of ConfigurationGroups as they are in an environment: the value for that very environment, else the value for a
 * group of environments that holds it. Two that fit equally well are a Problem, because which one is meant is not ours to
 * guess.
 */
import type { ResourceOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, type Traced } from "../load/traced.ts";
import { nearestName } from "../problems/nearest.ts";
import { relatedTo } from "../problems/related.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { suggestName } from "../validate/suggest-name.ts";
import { type Asked, problemAt, type Reference } from "./reference.ts";

export type ConfigurationGroupDocument = SpecDocument<ResourceOf<"ConfigurationGroup">>;
type Group = ConfigurationGroupDocument;
type Configuration = Group["resource"]["spec"]["configurations"][number];

/** A value in its group: written out, or kept in the secret store under `vaultKey`. */
export type ConfiguredValue = {
  readonly group: string;
  readonly key: Traced | undefined;
  readonly value: Traced | undefined;
  readonly vaultKey: Traced | undefined;
};

/** `blocked` where the group has a Problem of its own: nothing is wrong here, and nothing can be said. */
export function findConfiguration(
  reference: Reference,
  node: Traced | undefined,
  context: Asked,
): ConfiguredValue | Problem | "blocked" {
  const { name, key } = reference;
  const group = findGroup(name, node, context);
  if (group === "blocked" || "code" in group) return group;
  const { configurations } = group.resource.spec;
  const position = configurations.findIndex((configuration) => configuration.key === key);
  const configuration = configurations[position];
  if (configuration === undefined) return unknownKey(group, reference, { node, context });
  if (hasRepeatedNames(group.resource.spec, key)) return "blocked";
  return chooseValue({ group, configuration, position }, node, context);
}

/** `blocked` where it may stand in what cannot be used. */
export function findGroup(name: string, node: Traced | undefined, context: Asked): Group | Problem | "blocked" {
  const { binding, index } = context;
  const group = index.find("ConfigurationGroup", binding.organization, name);
  if (group !== undefined) return group;
  if (index.spoils.couldBe(binding.organization, "ConfigurationGroup", name)) return "blocked";
  const message = `there is no ConfigurationGroup ${name}`;
  const { remedy, related } = suggestName(index, {
    kind: "ConfigurationGroup",
    parts: [binding.organization, name],
    remedy: "add it, or mend the name",
  });
  return problemAt(context, at(node, "name"), {
    code: "unknown-configuration",
    message,
    remedy,
    ...relatedTo(related),
  });
}

function unknownKey(
  group: Group,
  { name, key }: Reference,
  { node, context }: { readonly node: Traced | undefined; readonly context: Asked },
): Problem {
  const keys = group.resource.spec.configurations.map((one) => one.key);
  const near = nearestName(key, keys);
  const remedy =
    near === undefined
      ? `add it there, or name one of its keys: ${keys.slice(0, 10).join(", ") || "it has none"}`
      : `did you mean ${near}?`;
  const place = fieldPlace(group, "spec", "configurations", Math.max(keys.indexOf(near ?? ""), 0));
  const said = near === undefined ? `ConfigurationGroup ${name} stands here` : `key ${near} stands here`;
  const message = `ConfigurationGroup ${name} has no key ${key}`;
  const related = relatedTo([{ place, message: said }]);
  return problemAt(context, at(node, "key"), { code: "unknown-configuration", message, remedy, ...related });
}

/** Which of two keys or of two groups of one name counts is not said; the group has a Problem about it. */
function hasRepeatedNames({ configurations, environmentGroups = [] }: Group["resource"]["spec"], key: string): boolean {
  const names = environmentGroups.map(({ name }) => name);
  return new Set(names).size < names.length || configurations.filter((one) => one.key === key).length > 1;
}

type Chosen = { readonly group: Group; readonly configuration: Configuration; readonly position: number };

function chooseValue({ group, configuration, position }: Chosen, node: Traced | undefined, context: Asked) {
  const { environment } = context.binding;
  const { name } = group.resource.metadata;
  const ranked = rankValues(group, configuration, environment);
  const [best, second] = ranked;
  if (best === undefined) {
    const message = `${configuration.key} of ConfigurationGroup ${name} has no value for ${environment}`;
    const place = fieldPlace(group, "spec", "configurations", position);
    const related = relatedTo([{ place, message: `the values of ${configuration.key} stand here` }]);
    return problemAt(context, node, { code: "unknown-configuration", message, remedy: "add one to it", ...related });
  }
  if (second !== undefined && second.rank === best.rank)
    return ambiguousValue({ group, configuration, position }, [best.index, second.index], environment);
  const chosen = at(group.tree, ...valuePath(position, best.index));
  const key = at(group.tree, "spec", "configurations", position, "key");
  return { group: name, key, value: at(chosen, "value"), vaultKey: at(chosen, "vaultKey") };
}

function valuePath(configuration: number, value: number): readonly (string | number)[] {
  return ["spec", "configurations", configuration, "values", value];
}

/** The Problem of two values, by their positions, that fit an environment equally well. */
export function ambiguousValue(
  { group, configuration, position }: Chosen,
  [first, second]: readonly [first: number, second: number],
  environment: string,
): Problem {
  const { name } = group.resource.metadata;
  return {
    code: "ambiguous-configuration",
    severity: "error",
    message: `${configuration.key} of ConfigurationGroup ${name} has two values for ${environment}`,
    place: fieldPlace(group, ...valuePath(position, second)),
    remedy: "keep one of them",
    related: [{ place: fieldPlace(group, ...valuePath(position, first)), message: "the other value" }],
  };
}

/** Values for the environment itself (rank 0) before values for a group of environments that holds it (rank 1). */
export function rankValues(group: Group, { values }: Configuration, environment: string) {
  const holders = new Set(
    (group.resource.spec.environmentGroups ?? [])
      .filter(({ environments }) => environments.includes(environment))
      .map(({ name }) => name),
  );
  const ranked = values.flatMap((value, index) => {
    if (value.environment === environment) return [{ index, rank: 0 }];
    const isHeld = value.environmentGroupRef !== undefined && holders.has(value.environmentGroupRef);
    return isHeld ? [{ index, rank: 1 }] : [];
  });
  return ranked.toSorted((a, b) => a.rank - b.rank);
}
