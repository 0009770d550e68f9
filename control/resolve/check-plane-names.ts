/**
 * Whether what a Binding says of single DataPlanes is said of those that serve its Environment: else it would be about nothing.
 * Of one that is there, only a warning: who takes a plane out of an Environment must not stop the teams that still name it.
 */
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { at } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { nearestName } from "../problems/nearest.ts";
import { relatedTo } from "../problems/related.ts";
import type { Lookup } from "../validate/lookup.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { planesOfEnvironment } from "./planes-of-environment.ts";

export function checkPlaneNames(binding: Binding, index: Lookup): readonly Problem[] {
  const { organization, environment, planeOverrides, planeOverridesTree, place } = binding;
  const written = Object.keys(planeOverrides);
  const document = written.length === 0 ? undefined : index.find("Environment", organization, environment);
  if (document === undefined) return [];
  const planes = planesOfEnvironment(binding, index);
  return written
    .filter((name) => !planes.includes(name))
    .map((name): Problem => {
      const near = nearestName(name, planes);
      return {
        code: "unknown-plane",
        severity: isThere(organization, name, index) ? "warning" : "error",
        message: `Environment ${environment} is not on DataPlane ${name}`,
        place: placeOr(at(planeOverridesTree, name), place),
        remedy:
          near === undefined ? `remove it, or name one of its planes: ${planes.join(", ")}` : `did you mean ${near}?`,
        ...relatedTo([{ place: fieldPlace(document, "spec", "dataPlaneRefs"), message: "its planes stand here" }]),
      };
    });
}

/** Also one whose document cannot be used: it has a Problem of its own. */
function isThere(organization: string, plane: string, index: Lookup): boolean {
  return (
    index.find("DataPlane", organization, plane) !== undefined || index.spoils.couldBe(organization, "DataPlane", plane)
  );
}
