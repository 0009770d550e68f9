/** What a Binding says that cannot be rendered: refused with its place, never dropped (upstream drops most of it in silence). */
import { compareText } from "../../schemas/compare.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { placeText } from "./specs-index.ts";
import { at, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";

export function checkBinding(binding: Binding): readonly Problem[] {
  return checkApis(binding);
}

function error(place: Place, what: Pick<Problem, "code" | "message" | "remedy">): Problem {
  return { ...what, severity: "error", place };
}

function placeIn(binding: Binding, tree: Traced | undefined): Place {
  return tree === undefined ? binding.place : placeOf(tree.origin, binding.place.file);
}

/** An API is an endpoint's, under the endpoint's name: its route leads to that endpoint's port or nowhere. */
function checkApis(binding: Binding): readonly Problem[] {
  return Object.keys(binding.apis).flatMap((name) => checkEndpoint(binding, name));
}

function checkEndpoint(binding: Binding, name: string): readonly Problem[] {
  const { endpoints } = binding.workload;
  const tree = at(binding.apisTree, name);
  const endpoint = Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;
  if (endpoint === undefined) {
    const known = Object.keys(endpoints).toSorted(compareText).join(", ") || "none";
    return [
      error(placeIn(binding, tree), {
        code: "unknown-endpoint",
        message: `the Workload of ${binding.component} has no endpoint ${name}, which this API would publish`,
        remedy: `name the API like one of its endpoints: ${known}`,
      }),
    ];
  }
  const port = binding.apis[name]?.rest?.backend.port;
  if (port === undefined || port === endpoint.port) return [];
  const where = placeText(placeIn(binding, at(binding.workloadTree, "endpoints", name, "port")));
  return [
    error(placeIn(binding, at(tree, "rest", "backend", "port")), {
      code: "unknown-endpoint",
      message: `endpoint ${name} of ${binding.component} listens on ${endpoint.port} (${where}), not on ${port}`,
      remedy: `write ${endpoint.port}`,
    }),
  ];
}
