/**
 * Connections to environment variables and to what network policies let through, from names alone: the host of a target is a
 * function of its identity, so one pass resolves any chain of them, also across projects. A target that is not there, or not
 * to be seen, is a Problem of the Binding that needs it.
 */
import { compareText } from "../../schemas/compare.ts";
import { connectionIn, type Connection } from "../../schemas/connection.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, type Origin, type Traced } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { describeComponent, type Failed, type Targets } from "./connection-target.ts";
import type { DataPlaneDocument } from "./gateways.ts";
import { checkTemplates, findValueless, substitute } from "./connection-template.ts";
import { describeExternal } from "./external-target.ts";
import type { Link, Reached } from "./link.ts";

export type Variable = {
  readonly name: string;
  readonly value: string;
  readonly nameOrigin: Origin;
  readonly origin: Origin;
};

export type Connections = {
  /** In order of connection name, then as listed. */
  readonly variables: readonly Variable[];
  /** In order of connection name. */
  readonly links: readonly Link[];
  readonly problems: readonly Problem[];
  /** A target has a Problem of its own: nothing is wrong here, and nothing can be said. */
  readonly isBlocked: boolean;
};

/** As they are on a DataPlane; on none that is known, what can be told without. */
export function resolveConnections(
  binding: Binding,
  plane: DataPlaneDocument | undefined,
  targets: Targets,
): Connections {
  const variables: Variable[] = [];
  const links: Link[] = [];
  const problems: Problem[] = [];
  let isBlocked = false;
  for (const [name, connection] of Object.entries(binding.workload.connections).toSorted(([a], [b]) =>
    compareText(a, b),
  )) {
    const tree = at(binding.workloadTree, "connections", name);
    problems.push(...checkTemplates(connection, tree, binding.place));
    const reached = describeTarget(binding, { connection, tree, plane }, targets);
    isBlocked ||= reached === undefined;
    if (reached === undefined) continue;
    if ("code" in reached) {
      problems.push({ ...reached, severity: "error", place: placeOr(targetTree(binding, tree), binding.place) });
      continue;
    }
    links.push(reached.link);
    for (const [position, entry] of connection.inject.env.entries()) {
      const node = at(tree, "inject", "env", position, "value");
      const valueless = findValueless(entry.value, reached.values);
      if (valueless !== undefined) problems.push(valuelessProblem(valueless, placeOr(node, binding.place)));
      const origin = node?.origin ?? rule;
      const nameOrigin = at(tree, "inject", "env", position, "name")?.origin ?? origin;
      variables.push({ name: entry.name, value: substitute(entry.value, reached.values), nameOrigin, origin });
    }
  }
  return { variables, links, problems, isBlocked };
}

const rule: Origin = { kind: "rule", rule: "connection" };

type Given = {
  readonly connection: Connection;
  readonly tree: Traced | undefined;
  readonly plane: DataPlaneDocument | undefined;
};

/** Undefined when the target has a Problem of its own. */
function describeTarget(binding: Binding, given: Given, targets: Targets): Reached | Failed | undefined {
  const target = connectionIn(given.connection, binding.environment);
  switch (target.type) {
    case "external":
      return describeExternal(target, binding, given);
    case "api":
      return describeComponent(target, { binding, plane: given.plane }, targets);
  }
}

/** What the environment says differently is where the mistake is, else what it says for all. */
function targetTree({ environment }: Binding, tree: Traced | undefined): Traced | undefined {
  return at(tree, "environments", environment) ?? at(tree, "params");
}

function valuelessProblem(shown: string, place: Problem["place"]): Problem {
  return {
    code: "invalid-template",
    severity: "error",
    message: `${shown} has no one value: a block of addresses has no host, and several ports are no port`,
    place,
    remedy: "write the value out, or name a host, a single address, or one port",
  };
}
