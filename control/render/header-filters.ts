/**
 * Mediation of headers, as filters of a route (Gateway API, HTTPHeaderFilter): one for requests, one for responses, since
 * none may stand twice in a rule. What changes bodies is nothing that Envoy Gateway can do.
 */
import type { RestPolicy } from "../../schemas/api-policy.ts";
import { at, itemsOf, type Origin, ruled, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import type { PolicyFault } from "./policy-fault.ts";

type Transformation = NonNullable<NonNullable<RestPolicy["mediation"]>["requestTransformations"]>[number];

const rule: Origin = { kind: "rule", rule: "policy" };

const sides = [
  { list: "requestTransformations", type: "RequestHeaderModifier", field: "requestHeaderModifier" },
  { list: "responseTransformations", type: "ResponseHeaderModifier", field: "responseHeaderModifier" },
] as const;

export function headerFilters({ policy, tree }: EffectivePolicy): readonly Traced[] {
  return sides.flatMap(({ list, type, field }) => {
    const said = policy.mediation?.[list] ?? [];
    if (said.length === 0) return [];
    const modifier = modifierOf(said, itemsOf(at(tree, "mediation", list)));
    return [tracedMap({ type: ruled(type, "policy"), [field]: modifier }, rule)];
  });
}

function modifierOf(said: readonly Transformation[], trees: readonly Traced[]): Traced {
  const named = (action: Transformation["action"]): readonly Traced[] =>
    trees
      .filter((_, index) => said[index]?.action === action)
      .map((tree) => tracedMap({ name: at(tree, "headerName"), value: literal(at(tree, "headerValue")) }, tree.origin));
  const removed = trees
    .filter((_, index) => said[index]?.action === "removeHeaders")
    .flatMap((tree) => itemsOf(at(tree, "headers")));
  const listed = (items: readonly Traced[]) => (items.length === 0 ? undefined : tracedList(items, rule));
  return tracedMap({ set: listed(named("setHeader")), add: listed(named("addHeader")), remove: listed(removed) }, rule);
}

/** Envoy reads `%` as the beginning of a variable, and takes no route of the listener any more where it is none; twice it is itself. */
function literal(value: Traced | undefined): Traced | undefined {
  return value?.kind === "scalar" ? { ...value, value: String(value.value).replaceAll("%", "%%") } : value;
}

export function checkMediation(mediation: RestPolicy["mediation"]): readonly PolicyFault[] {
  return sides.flatMap(({ list }) => {
    const said = mediation?.[list] ?? [];
    const faults = said.flatMap((one, index) => {
      const path = ["mediation", list, index];
      return [...checkOne(one, path), ...checkHost(one, path)];
    });
    return [...faults, ...checkTogether(said, list)];
  });
}

function checkOne(one: Transformation, path: PolicyFault["path"]): readonly PolicyFault[] {
  switch (one.action) {
    case "addFields":
    case "removeFields": {
      const message = `Envoy Gateway changes headers and no bodies, so ${one.action} cannot be rendered`;
      return [{ code: "unsupported-policy", path: [...path, "action"], message, remedy: "do it in the component" }];
    }
    case "addHeader":
    case "setHeader":
      if (one.headerName !== undefined && one.headerValue !== undefined) return [];
      return [incomplete(path, `${one.action} needs headerName and headerValue`)];
    case "removeHeaders":
      return one.headers === undefined || one.headers.length === 0
        ? [incomplete(path, "removeHeaders needs headers")]
        : [];
  }
}

function incomplete(path: PolicyFault["path"], message: string): PolicyFault {
  return { code: "schema", path, message, remedy: "add what is missing, or remove the transformation" };
}

/** Envoy Gateway refuses the route (v1.9.1, `isModifiableHeader`). */
function checkHost(
  { action, headerName, headers = [] }: Transformation,
  path: PolicyFault["path"],
): readonly PolicyFault[] {
  if (![headerName, ...headers].some((name) => name?.toLowerCase() === "host")) return [];
  const message = `Envoy Gateway leaves the Host header alone, so ${action} cannot be rendered`;
  return [{ code: "unsupported-policy", path, message, remedy: "take Host out of it" }];
}

/** Names of headers have no case. In which order two things are done to one is nothing that a filter says. */
function checkTogether(said: readonly Transformation[], list: string): readonly PolicyFault[] {
  const names = said.flatMap((one) => [
    ...(one.action === "removeHeaders" ? (one.headers ?? []) : []),
    ...(one.headerName === undefined ? [] : [one.headerName]),
  ]);
  const seen = new Set<string>();
  const repeated = names.find((name) => seen.size === seen.add(name.toLowerCase()).size);
  if (repeated === undefined) return [];
  const message = `two transformations are of the header ${repeated}`;
  return [{ code: "schema", path: ["mediation", list], message, remedy: "keep one of them" }];
}
