/**
 * What the API server asks of a Service's ports together (Kubernetes, pkg/apis/core/validation, ValidateService): beside
 * others each has a name, and no two have the same.
 */
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";

/** Of the ports as they are rendered; `file` is for those that a rule of the engine set. */
export function checkServicePorts(ports: Traced | undefined, file: string): readonly Problem[] {
  const all = itemsOf(ports);
  const seen = new Set<unknown>();
  return all.flatMap((port): readonly Problem[] => {
    const name = scalarOf(at(port, "name")) ?? undefined;
    const message =
      name === undefined
        ? `port ${String(scalarOf(at(port, "port")))} has no name, which it needs beside other ports`
        : `two ports are called ${String(name)}`;
    const isSound = name === undefined ? all.length < 2 : !seen.has(name);
    seen.add(name);
    const place = placeOf(port.origin, file);
    return isSound
      ? []
      : [{ code: "invalid-template", severity: "error", message, place, remedy: "give it a name of its own" }];
  });
}
