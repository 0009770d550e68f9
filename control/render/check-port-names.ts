/**
 * Ports by names that nothing has. The API server takes them, and then a probe never succeeds and a Service sends nowhere
 * (Kubernetes, "Configure Liveness, Readiness and Startup Probes"; Service, "Port definitions"). Asked of what a class became
 * with a Workload laid over it, since endpoints bring ports too.
 */
import { compareText } from "../../schemas/compare.ts";
import type { Problem } from "../../schemas/problem.ts";
import { nearestName } from "../problems/nearest.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { reportFaults, type TemplateFault } from "./template-fault.ts";

const asking = [
  ["livenessProbe"],
  ["readinessProbe"],
  ["startupProbe"],
  ["lifecycle", "postStart"],
  ["lifecycle", "preStop"],
] as const;
const actions = ["httpGet", "tcpSocket"] as const;

/** Of probes and hooks, which know the ports of their own container only. */
export function checkPortNames(podSpec: Traced | undefined, file: string): readonly Problem[] {
  const containers = [...itemsOf(at(podSpec, "initContainers")), ...itemsOf(at(podSpec, "containers"))];
  const faults = containers.flatMap((container) => {
    const known = portNames([container]);
    return asking.flatMap((path) =>
      actions.flatMap((action): readonly TemplateFault[] => {
        const tree = at(container, ...path, action, "port");
        const name = nameOf(tree);
        if (tree === undefined || name === undefined || known.includes(name)) return [];
        const message = `container ${String(scalarOf(at(container, "name")))} has no port ${name} for its ${path.at(-1)}`;
        return [{ tree, message, remedy: suggestPort(name, known) }];
      }),
    );
  });
  return reportFaults(faults, file);
}

/** Of a Service, which knows the ports of all containers of the pod that stay, for its own protocol. */
export function checkTargetPorts(
  ports: Traced | undefined,
  { podSpec, file }: { readonly podSpec: Traced; readonly file: string },
): readonly Problem[] {
  const staying = [
    ...itemsOf(at(podSpec, "containers")),
    ...itemsOf(at(podSpec, "initContainers")).filter((one) => scalarOf(at(one, "restartPolicy")) === "Always"),
  ];
  const faults = itemsOf(ports).flatMap((port): readonly TemplateFault[] => {
    const tree = at(port, "targetPort");
    const name = nameOf(tree);
    const protocol = protocolOf(port);
    const known = portNames(staying, protocol);
    if (tree === undefined || name === undefined || known.includes(name)) return [];
    const message = `no container has a port ${name} of ${protocol}, where the Service would send to`;
    return [{ tree, message, remedy: suggestPort(name, known) }];
  });
  return reportFaults(faults, file);
}

/** Undefined for numbers, and for the empty text, which means none. */
function nameOf(tree: Traced | undefined): string | undefined {
  const name = scalarOf(tree);
  return typeof name === "string" && name !== "" ? name : undefined;
}

function protocolOf(port: Traced): string {
  return String(scalarOf(at(port, "protocol")) ?? "TCP");
}

/** Sorted; of every protocol where none is given. */
function portNames(containers: readonly Traced[], protocol?: string): readonly string[] {
  return containers
    .flatMap((container) => itemsOf(at(container, "ports")))
    .filter((port) => protocol === undefined || protocolOf(port) === protocol)
    .map((port) => nameOf(at(port, "name")))
    .filter((name) => name !== undefined)
    .toSorted(compareText);
}

function suggestPort(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  if (near !== undefined) return `did you mean ${near}?`;
  return `name one that is there (${known.length === 0 ? "there is none" : known.slice(0, 10).join(", ")}), or write a number`;
}
