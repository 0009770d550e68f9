/** What of a node pods would have: only in a cell whose settings say `privileged`, so that it is the platform's word. */
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import type { Cell } from "../resolve/cell.ts";
import { isPrivileged } from "../resolve/pod-security.ts";
import { reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

/** Of a PodSpec as it is rendered; `file` is for what a rule of the engine set. */
export function checkHostAccess(
  podSpec: Traced | undefined,
  { cell, file }: { readonly cell: Pick<Cell, "settings">; readonly file: string },
): readonly Problem[] {
  if (isPrivileged(cell)) return [];
  return reportFaults([...checkNamespaces(podSpec), ...checkPaths(podSpec), ...checkPorts(podSpec)], file);
}

const namespaces = { hostNetwork: "network", hostPID: "processes", hostIPC: "interprocess communication" } as const;

function checkNamespaces(podSpec: Traced | undefined): readonly TemplateFault[] {
  return Object.entries(namespaces).flatMap(([field, what]) => {
    const tree = at(podSpec, field);
    return scalarOf(tree) === true && tree !== undefined ? [faultOf(tree, `with ${field} pods share the ${what}`)] : [];
  });
}

function checkPaths(podSpec: Traced | undefined): readonly TemplateFault[] {
  return itemsOf(at(podSpec, "volumes")).flatMap((volume) => {
    const tree = writtenFields(volume).get("hostPath");
    const name = String(scalarOf(at(volume, "name")));
    return tree === undefined ? [] : [faultOf(tree, `volume ${name} is a hostPath, which is of the files`)];
  });
}

function checkPorts(podSpec: Traced | undefined): readonly TemplateFault[] {
  return ["initContainers", "containers"]
    .flatMap((list) => itemsOf(at(podSpec, list)))
    .flatMap((container) => itemsOf(at(container, "ports")))
    .flatMap((port) => {
      const tree = at(port, "hostPort");
      const number = scalarOf(tree) ?? 0;
      return tree === undefined || number === 0 ? [] : [faultOf(tree, `hostPort ${String(number)} is of the ports`)];
    });
}

function faultOf(tree: Traced, what: string): TemplateFault {
  const message = `${what} of their node, which needs a cell with podSecurity: privileged`;
  return { tree, code: "unsafe-template", message, remedy: "remove it, or have the DataPlane or Environment say so" };
}
