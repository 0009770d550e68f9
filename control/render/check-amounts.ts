/** Resources that make the API server refuse the whole object (Kubernetes, pkg/apis/core/validation, validateResourceRequirements). */
import { quantityOf } from "../../schemas/kubernetes/quantity.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

type Amount = readonly [resource: string, tree: Traced];

/** Of a container's `resources`: amounts that cannot be, alone or beside each other. */
export function checkAmounts(resources: Traced | undefined): readonly TemplateFault[] {
  const requests = writtenFields(at(resources, "requests"));
  const limits = writtenFields(at(resources, "limits"));
  return [
    ...[...requests, ...limits].flatMap(checkWhole),
    ...[...requests].flatMap((request) => checkRequest(request, limits.get(request[0]))),
  ];
}

/**
 * What is missing beside the amounts of a pod's containers. Of a pod as it is rendered: what a class leaves out, a Workload may
 * bring. `file` is for what a rule of the engine set.
 */
export function checkMissingAmounts(podSpec: Traced | undefined, file: string): readonly Problem[] {
  const containers = [...itemsOf(at(podSpec, "initContainers")), ...itemsOf(at(podSpec, "containers"))];
  const faults = containers.flatMap((container) => {
    const requests = writtenFields(at(container, "resources", "requests"));
    const limits = writtenFields(at(container, "resources", "limits"));
    return [...checkLimits([...requests], limits), ...checkHugePages([...requests, ...limits])];
  });
  return reportFaults(faults, file);
}

function checkWhole([resource, tree]: Amount): readonly TemplateFault[] {
  const amount = quantityOf(scalarOf(tree));
  if (isNative(resource) || amount === undefined || Number.isInteger(amount)) return [];
  const message = `${resource} is counted, and ${String(scalarOf(tree))} is no whole number`;
  return [{ tree, message, remedy: "write a whole number" }];
}

function checkRequest([resource, tree]: Amount, limited: Traced | undefined): readonly TemplateFault[] {
  const request = quantityOf(scalarOf(tree));
  const limit = quantityOf(scalarOf(limited));
  if (request === undefined || limit === undefined || request === limit) return [];
  if (!isShared(resource)) {
    const message = `another amount of ${resource} is requested than the limit, and nobody shares what is left`;
    return [{ tree, message, remedy: "write the same in both, or the limit alone" }];
  }
  if (request < limit) return [];
  return [
    { tree, message: `more ${resource} is requested than the limit allows`, remedy: "lower it, or raise the limit" },
  ];
}

function checkLimits(requests: readonly Amount[], limits: ReadonlyMap<string, Traced>): readonly TemplateFault[] {
  return requests
    .filter(([resource]) => !isShared(resource) && !limits.has(resource))
    .map(([resource, tree]) => ({
      tree,
      message: `${resource} is requested without a limit, and nobody shares it`,
      remedy: `say limits.${resource}, the same amount`,
    }));
}

function checkHugePages(amounts: readonly Amount[]): readonly TemplateFault[] {
  const huge = amounts.find(([resource]) => resource.startsWith(hugePages));
  if (huge === undefined || amounts.some(([resource]) => resource === "cpu" || resource === "memory")) return [];
  const message = `${huge[0]} stands without cpu and memory, and needs one of them beside it`;
  return [{ tree: huge[1], message, remedy: "say how much cpu or memory the container has" }];
}

const hugePages = "hugepages-";

/** Whether a node may promise more of it than it has. */
function isShared(resource: string): boolean {
  return isNative(resource) && !resource.startsWith(hugePages);
}

/** Others are extended resources, such as devices, which are counted. */
function isNative(resource: string): boolean {
  return !resource.includes("/") || resource.includes("kubernetes.io/");
}
