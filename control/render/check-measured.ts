/**
 * Pods whose use an autoscaler cannot measure: a share of what a container requests is nothing where it requests nothing
 * (Kubernetes, "Horizontal Pod Autoscaling"), and the number of pods stays as it is. Warnings: the pods run, and a webhook of
 * the cluster may fill requests in.
 */
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import type { Cell } from "../resolve/cell.ts";
import { isFilledIn } from "./cell-defaults.ts";
import { reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

type Measured = {
  readonly tree: Traced;
  readonly resource: string;
  /** Undefined for every container. */
  readonly container: string | undefined;
};

/** At the metrics of a HorizontalPodAutoscalerSpec; `podSpec` is what it scales, `file` for what a rule of the engine set. */
export function checkMeasured(
  autoscaler: Traced,
  {
    podSpec,
    cell,
    file,
  }: { readonly podSpec: Traced; readonly cell: Pick<Cell, "settings" | "isAdopted">; readonly file: string },
): readonly Problem[] {
  // Somebody else's LimitRange may be there.
  if (cell.isAdopted) return [];
  const faults = measuredBy(autoscaler).flatMap(({ tree, resource, container }): readonly TemplateFault[] => {
    if (isRequested(at(podSpec, "resources"), resource) || isFilledIn(cell, "requests", resource)) return [];
    return itemsOf(at(podSpec, "containers"))
      .map((one) => ({ name: String(scalarOf(at(one, "name"))), resources: at(one, "resources") }))
      .filter(({ name }) => container === undefined || container === name)
      .filter(({ resources }) => !isRequested(resources, resource))
      .map(({ name }) => ({
        tree,
        severity: "warning",
        message: `the autoscaler measures ${resource} by what is requested of it, and container ${name} requests none`,
        remedy: `say resources.requests.${resource} of the container, or a default in limits of the cell`,
      }));
  });
  return reportFaults(faults, file);
}

/** Without metrics Kubernetes measures the share of cpu. */
function measuredBy(autoscaler: Traced): readonly Measured[] {
  const metrics = itemsOf(at(autoscaler, "metrics"));
  if (metrics.length === 0) return [{ tree: autoscaler, resource: "cpu", container: undefined }];
  return metrics.flatMap((tree) => {
    const source = writtenFields(tree).get("resource") ?? writtenFields(tree).get("containerResource");
    if (scalarOf(at(source, "target", "averageUtilization")) === undefined) return [];
    const container = scalarOf(at(source, "container"));
    const resource = String(scalarOf(at(source, "name")));
    return [{ tree, resource, container: container === undefined ? undefined : String(container) }];
  });
}

/** A limit is a request where nothing else is said. */
function isRequested(resources: Traced | undefined, resource: string): boolean {
  return ["requests", "limits"].some((field) => writtenFields(at(resources, field)).has(resource));
}
