/**
 * Whether the gateways of the plane take routes from the namespace of a component. They go by a label, which every Namespace
 * that is made here has. One that is adopted has it from people or not at all, and which of the two is not known here.
 */
import { labelKeys } from "../../schemas/labels.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { at } from "../load/traced.ts";
import { placeOf, placeOr } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import type { Cell } from "./cell.ts";
import type { Gateways } from "./gateways.ts";
import { visibilityOf } from "./visibility.ts";

/** Said at the line that adopts the namespace, in the same words for every component in it, so that it is told once. */
export function checkLabel(binding: Binding, cell: Cell, gateways: Gateways | undefined): readonly Problem[] {
  if (!cell.isAdopted || gateways?.kind !== "managed") return [];
  const { namespace, organization } = cell;
  if (Object.keys(binding.workload.endpoints).every((name) => visibilityOf(binding, name).length === 0)) return [];
  const plane = planeKey(gateways.standing.plane);
  const place = placeOf(gateways.tree.origin, gateways.file);
  return [
    {
      code: "unsupported-endpoint",
      severity: "warning",
      message: `the namespace ${namespace} is not made here, and the gateways of ${plane} take no routes from it before it carries the label ${labelKeys.organization}`,
      place: placeOr(at(cell.settings, "namespace"), binding.place),
      remedy: `once, in the cluster: kubectl label namespace ${namespace} ${labelKeys.organization}=${organization}`,
      ...relatedTo([{ place, message: `the gateways of ${plane} stand here` }]),
    },
  ];
}
