/** A ConfigurationGroup by itself: its environments exist, and for each of them at most one value counts. */
import { compareText } from "../../schemas/compare.ts";
import { organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { ambiguousValue, rankValues } from "../resolve/configurations.ts";
import { checkRepeated } from "./check-repeated.ts";
import { checkReference, type Finding, report } from "./finding.ts";
import type { Lookup } from "./lookup.ts";

type Group = SpecDocument<ResourceOf<"ConfigurationGroup">>;

export function checkConfigurationGroup(group: Group, index: Lookup): readonly Problem[] {
  const { configurations, environmentGroups = [] } = group.resource.spec;
  return [
    ...report(group, [...checkEnvironments(group, index), ...checkGroupNames(group)]),
    ...checkRepeated(
      group,
      { names: environmentGroups.map(({ name }) => name), what: "environment group" },
      (position) => ["spec", "environmentGroups", position, "name"],
    ),
    ...checkRepeated(group, { names: configurations.map(({ key }) => key), what: "key" }, (position) => [
      "spec",
      "configurations",
      position,
      "key",
    ]),
    ...checkValues(group),
  ];
}

function checkEnvironments({ resource }: Group, index: Lookup): readonly Finding[] {
  const { configurations, environmentGroups = [] } = resource.spec;
  const check = (name: string, path: readonly (string | number)[]): readonly Finding[] =>
    checkReference(index, {
      kind: "Environment",
      parts: [organizationOf(resource), name],
      code: "unknown-environment",
      path,
    });
  return [
    ...environmentGroups.flatMap(({ environments }, group) =>
      environments.flatMap((name, position) =>
        check(name, ["spec", "environmentGroups", group, "environments", position]),
      ),
    ),
    ...configurations.flatMap(({ values }, configuration) =>
      values.flatMap(({ environment }, position) =>
        environment === undefined
          ? []
          : check(environment, ["spec", "configurations", configuration, "values", position, "environment"]),
      ),
    ),
  ];
}

function checkGroupNames({ resource }: Group): readonly Finding[] {
  const { configurations, environmentGroups = [] } = resource.spec;
  const known = new Set(environmentGroups.map(({ name }) => name));
  return configurations.flatMap(({ values }, configuration) =>
    values.flatMap(({ environmentGroupRef: name }, position): readonly Finding[] => {
      if (name === undefined || known.has(name)) return [];
      const message = `this ConfigurationGroup has no environment group ${name}`;
      const remedy = `name one of its groups: ${[...known].toSorted(compareText).join(", ") || "none"}`;
      const path = ["spec", "configurations", configuration, "values", position, "environmentGroupRef"];
      return [{ code: "unknown-environment", message, remedy, path }];
    }),
  );
}

/** Said here for every environment, and where a variable is resolved for its own: in the same words, so once. */
function checkValues(group: Group): readonly Problem[] {
  const { configurations, environmentGroups = [] } = group.resource.spec;
  return configurations.flatMap((configuration, position) => {
    const named = configuration.values.flatMap(({ environment }) => environment ?? []);
    const environments = new Set([...named, ...environmentGroups.flatMap((one) => one.environments)]);
    return [...environments].flatMap((environment) => {
      const [best, second] = rankValues(group, configuration, environment);
      if (best === undefined || second?.rank !== best.rank) return [];
      return [ambiguousValue({ group, configuration, position }, [best.index, second.index], environment)];
    });
  });
}
