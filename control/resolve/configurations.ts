/**
 * Variables whose values stand in a ConfigurationGroup, as they are in the Binding's environment: the value for that very
 * environment, else the value for a group of environments that holds it. Two that fit equally well are a Problem, because
 * which one is meant is not ours to guess.
 */
import type { ResourceOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Container } from "../../schemas/workload.ts";
import type { Binding } from "../deploy/binding.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, type Traced } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { nearestName } from "../problems/nearest.ts";
import { relatedTo } from "../problems/related.ts";
import type { Lookup } from "../validate/lookup.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { suggestName } from "../validate/suggest-name.ts";
import type { z } from "zod";

type Group = SpecDocument<ResourceOf<"ConfigurationGroup">>;
type Configuration = Group["resource"]["spec"]["configurations"][number];
type Variable = NonNullable<z.infer<typeof Container>["env"]>[number];

export type Configurations = {
  /** The value's place in its group by `<container> <position in env>`. */
  readonly values: ReadonlyMap<string, Traced>;
  readonly problems: readonly Problem[];
  /** A group has a Problem of its own: nothing is wrong here, and nothing can be said. */
  readonly isBlocked: boolean;
};

export function configurationKey(container: string, position: number): string {
  return `${container} ${position}`;
}

export function resolveConfigurations(binding: Binding, index: Lookup): Configurations {
  const values = new Map<string, Traced>();
  const problems: Problem[] = [];
  let isBlocked = false;
  for (const [container, { env = [] }] of Object.entries(binding.workload.containers)) {
    for (const [position, variable] of env.entries()) {
      const entry = at(binding.workloadTree, "containers", container, "env", position);
      const found = findValue(variable, { binding, index, entry });
      if (found === undefined) continue;
      if (found === "blocked") isBlocked = true;
      else if ("code" in found) problems.push(found);
      else values.set(configurationKey(container, position), found);
    }
  }
  return { values, problems, isBlocked };
}

type Context = { readonly binding: Binding; readonly index: Lookup; readonly entry: Traced | undefined };

/** Undefined where the variable's value is written out. */
function findValue(variable: Variable, context: Context): Traced | Problem | "blocked" | undefined {
  const { key, value, valueFrom } = variable;
  const { entry } = context;
  const sources = [value, valueFrom?.configurationGroupRef, valueFrom?.secretRef].filter((one) => one !== undefined);
  if (sources.length !== 1) {
    const message =
      sources.length === 0 ? `${key} has no value` : `${key} has more than one value, and which one counts is not said`;
    const remedy = "write value, or valueFrom with configurationGroupRef";
    return problemAt(context, entry, { code: "unsupported-value", message, remedy });
  }
  if (value !== undefined) return undefined;
  if (valueFrom?.configurationGroupRef !== undefined)
    return findConfiguration(valueFrom.configurationGroupRef, at(entry, "valueFrom", "configurationGroupRef"), context);
  const message = `the value of ${key} is kept as a secret, and secrets are not rendered by this version`;
  const remedy = "remove the variable, or let the class refer to a Secret that stands in the cluster";
  return problemAt(context, at(entry, "valueFrom", "secretRef"), { code: "unsupported-secret", message, remedy });
}

function findConfiguration(
  reference: { readonly name: string; readonly key: string },
  node: Traced | undefined,
  context: Context,
): Traced | Problem | "blocked" {
  const { binding, index } = context;
  const { name, key } = reference;
  const group = index.find("ConfigurationGroup", binding.organization, name);
  if (group === undefined) {
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
  const { configurations } = group.resource.spec;
  const position = configurations.findIndex((configuration) => configuration.key === key);
  const configuration = configurations[position];
  if (configuration === undefined) {
    const message = `ConfigurationGroup ${name} has no key ${key}`;
    const keys = configurations.map((one) => one.key);
    const near = nearestName(key, keys);
    const remedy =
      near === undefined
        ? `add it there, or name one of its keys: ${keys.slice(0, 10).join(", ") || "it has none"}`
        : `did you mean ${near}?`;
    const place = fieldPlace(group, "spec", "configurations", Math.max(keys.indexOf(near ?? ""), 0));
    const said = near === undefined ? `ConfigurationGroup ${name} stands here` : `key ${near} stands here`;
    const related = relatedTo([{ place, message: said }]);
    return problemAt(context, at(node, "key"), { code: "unknown-configuration", message, remedy, ...related });
  }
  if (hasRepeatedNames(group.resource.spec, key)) return "blocked";
  return chooseValue({ group, configuration, position }, node, context);
}

/** Which of two keys or of two groups of one name counts is not said; the group has a Problem about it. */
function hasRepeatedNames({ configurations, environmentGroups = [] }: Group["resource"]["spec"], key: string): boolean {
  const names = environmentGroups.map(({ name }) => name);
  return new Set(names).size < names.length || configurations.filter((one) => one.key === key).length > 1;
}

type Chosen = { readonly group: Group; readonly configuration: Configuration; readonly position: number };

function chooseValue({ group, configuration, position }: Chosen, node: Traced | undefined, context: Context) {
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
  const value = at(group.tree, ...valuePath(position, best.index), "value");
  if (value !== undefined) return value;
  const message = `${configuration.key} of ConfigurationGroup ${name} is kept as a secret for ${environment}, and secrets are not rendered by this version`;
  const remedy = "write value, if it is no secret, or remove the variable";
  return problemAt(context, node, { code: "unsupported-secret", message, remedy });
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

function problemAt(
  { binding, entry }: Context,
  node: Traced | undefined,
  what: Pick<Problem, "code" | "message" | "remedy" | "related">,
): Problem {
  return { ...what, severity: "error", place: placeOr(node ?? entry, binding.place) };
}
