/** What a Binding says that cannot be rendered: refused with its place, never dropped (upstream drops most of it in silence). */
import { compareText } from "../../schemas/compare.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { nearestName } from "../problems/nearest.ts";
import { relatedTo } from "../problems/related.ts";
import { at } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";

export function checkBinding(binding: Binding): readonly Problem[] {
  return checkApis(binding);
}

function error(place: Place, what: Pick<Problem, "code" | "message" | "remedy" | "related">): Problem {
  return { ...what, severity: "error", place };
}

/** An API is an endpoint's, under the endpoint's name: its route leads to that endpoint's port or nowhere. */
function checkApis(binding: Binding): readonly Problem[] {
  return Object.keys(binding.apis).flatMap((name) => checkEndpoint(binding, name));
}

/** The endpoints of a Binding's workload, for who names one that it has not. */
export function suggestEndpoint(binding: Binding, name: string, remedy: string): Pick<Problem, "remedy" | "related"> {
  const known = Object.keys(binding.workload.endpoints).toSorted(compareText);
  const near = nearestName(name, known);
  const places = known.map((endpoint) => ({
    place: placeOr(at(binding.workloadTree, "endpoints", endpoint), binding.place),
    message: `endpoint ${endpoint} stands here`,
  }));
  const others = known.length === 0 ? "it has none" : known.slice(0, 10).join(", ");
  return { remedy: near === undefined ? `${remedy}: ${others}` : `did you mean ${near}?`, ...relatedTo(places) };
}

function checkEndpoint(binding: Binding, name: string): readonly Problem[] {
  const { endpoints } = binding.workload;
  const tree = at(binding.apisTree, name);
  const endpoint = Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;
  if (endpoint === undefined) {
    return [
      error(placeOr(tree, binding.place), {
        code: "unknown-endpoint",
        message: `the Workload of ${binding.component} has no endpoint ${name}, which this API would publish`,
        ...suggestEndpoint(binding, name, "name the API like one of its endpoints"),
      }),
    ];
  }
  const rest = binding.apis[name]?.rest;
  if (rest === undefined) return [];
  const isRouted = rest.exposeLevels?.some((level) => level !== "Project") === true;
  if (isRouted && endpoint.type === "UDP") return [unroutable(binding, name)];
  const { port } = rest.backend;
  if (port === endpoint.port) return [];
  const place = placeOr(at(binding.workloadTree, "endpoints", name, "port"), binding.place);
  return [
    error(placeOr(at(tree, "rest", "backend", "port"), binding.place), {
      code: "unknown-endpoint",
      message: `endpoint ${name} of ${binding.component} listens on ${endpoint.port}, not on ${port}`,
      remedy: `write ${endpoint.port}`,
      ...relatedTo([{ place, message: `the port of endpoint ${name} stands here` }]),
    }),
  ];
}

/** A Service has the endpoint's port for UDP only, so a route of HTTP would lead nowhere. */
function unroutable(binding: Binding, name: string): Problem {
  const type = at(binding.workloadTree, "endpoints", name, "type");
  return error(placeOr(at(binding.apisTree, name, "type"), binding.place), {
    code: "unsupported-endpoint",
    message: `endpoint ${name} of ${binding.component} speaks UDP, and a route speaks HTTP`,
    remedy: "remove the API, or mend the endpoint's type",
    ...relatedTo([{ place: placeOr(type, binding.place), message: `the type of endpoint ${name} stands here` }]),
  });
}
