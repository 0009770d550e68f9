/**
 * What of a class's Service would take traffic that is not its own, or traffic that no cell lets in, and what contradicts
 * itself. An address of its own choosing catches what others in the cluster send there (CVE-2020-8554), and the name of another host sends what gateways and
 * callers ask to where no policy of theirs let them go.
 */
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { checkClusterService } from "./check-cluster-service.ts";
import { reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

/** Of a ServiceSpec; `file` is for what a rule of the engine set. */
export function checkService(spec: Traced | undefined, file: string): readonly Problem[] {
  const fields = writtenFields(spec);
  const faults = [
    ...itemsOf(fields.get("externalIPs")).map((tree) =>
      faultOf(tree, `with externalIPs a Service catches what the cluster sends to ${String(scalarOf(tree))}`),
    ),
    ...["externalName", "loadBalancerIP"].flatMap((field) => {
      const tree = fields.get(field);
      const value = scalarOf(tree) ?? "";
      return tree === undefined || value === "" ? [] : [faultOf(tree, `${field} is an address of its own choosing`)];
    }),
    ...checkType(at(spec, "type")),
    ...checkClusterService(spec),
  ];
  return reportFaults(faults, file);
}

const closedTypes: ReadonlySet<unknown> = new Set(["LoadBalancer", "NodePort"]);

function checkType(tree: Traced | undefined): readonly TemplateFault[] {
  const type = scalarOf(tree);
  if (tree === undefined) return [];
  if (type === "ExternalName") return [faultOf(tree, "a Service of type ExternalName leads out of its cell")];
  if (!closedTypes.has(type)) return [];
  const message = `a Service of type ${String(type)} is open outside the cluster, and its cell lets nothing in from there`;
  return [
    { tree, code: "unsafe-template", message, remedy: "write ClusterIP, and expose an API to Public at the gateway" },
  ];
}

function faultOf(tree: Traced, message: string): TemplateFault {
  const remedy = "remove it; what is outside is a connection of type external";
  return { tree, code: "unsafe-template", message, remedy };
}
