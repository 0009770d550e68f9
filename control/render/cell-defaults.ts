/** What the LimitRange of a cell gives containers that say nothing of a resource (Kubernetes, pkg/apis/core/v1, defaults). */
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import type { Cell } from "../resolve/cell.ts";
import { writtenFields } from "./template-fault.ts";

type Bounded = Pick<Cell, "settings">;

/** Each of these gives one, where none before it does. */
const givers = { limits: ["default", "max"], requests: ["defaultRequest", "default", "max", "min"] } as const;

export type AmountField = keyof typeof givers;

/** Whether every container has a limit, or a request, of the resource. */
export function isFilledIn({ settings }: Bounded, field: AmountField, resource: string): boolean {
  return containerLimits({ settings }).some((item) =>
    givers[field].some((giver) => writtenFields(at(item, giver)).has(resource)),
  );
}

/** The bounds of containers, each with `max` and `min` by resource. */
export function containerLimits({ settings }: Bounded): readonly Traced[] {
  return itemsOf(at(settings, "limits")).filter((item) => scalarOf(at(item, "type")) === "Container");
}
