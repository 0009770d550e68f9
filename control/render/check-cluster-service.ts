/**
 * What contradicts a Service of type ClusterIP, or itself, so that the API server refuses the whole object (Kubernetes,
 * pkg/apis/core/validation, ValidateService; pkg/registry/core/service for families). Other types are refused for what they are.
 */
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { type TemplateFault, writtenFields } from "./template-fault.ts";

type Fields = ReadonlyMap<string, Traced>;

/** Of a ServiceSpec. */
export function checkClusterService(spec: Traced | undefined): readonly TemplateFault[] {
  const fields = writtenFields(spec);
  if ((scalarOf(fields.get("type")) ?? "ClusterIP") !== "ClusterIP") return [];
  return [...checkOpenFields(fields), ...checkFamilies(fields), ...checkAddresses(fields)];
}

/** Fields of a Service that is open outside the cluster. */
const openFields = [
  "allocateLoadBalancerNodePorts",
  "externalTrafficPolicy",
  "healthCheckNodePort",
  "loadBalancerClass",
  "loadBalancerSourceRanges",
];

function checkOpenFields(fields: Fields): readonly TemplateFault[] {
  const written = openFields.map((field) => [field, fields.get(field)] as const);
  const ofPorts = itemsOf(fields.get("ports")).map((port) => ["nodePort", at(port, "nodePort")] as const);
  return [...written, ...ofPorts].flatMap(([field, tree]) => {
    if (tree === undefined || saysNothing(tree)) return [];
    return [{ tree, message: `a Service of type ClusterIP has no ${field}`, remedy: "remove it" }];
  });
}

/** The API server takes a 0 and an empty list for nothing. */
function saysNothing(tree: Traced): boolean {
  if (tree.kind === "list") return tree.items.length === 0;
  const value = scalarOf(tree);
  return value === 0 || value === null;
}

function checkFamilies(fields: Fields): readonly TemplateFault[] {
  const policy = scalarOf(fields.get("ipFamilyPolicy")) ?? "SingleStack";
  if (policy !== "SingleStack") return [];
  return ["ipFamilies", "clusterIPs"].flatMap((field) => {
    const tree = itemsOf(fields.get(field))[1];
    if (tree === undefined) return [];
    const message = `${field} are of two families, and with ipFamilyPolicy SingleStack, as when it is left out, there is one`;
    return [{ tree, message, remedy: "keep one, or write ipFamilyPolicy: PreferDualStack" }];
  });
}

function checkAddresses(fields: Fields): readonly TemplateFault[] {
  const [tree] = itemsOf(fields.get("clusterIPs"));
  const address = scalarOf(fields.get("clusterIP")) ?? "";
  if (tree === undefined || scalarOf(tree) === address) return [];
  const said = address === "" ? "there is no clusterIP" : `clusterIP is ${String(address)}`;
  const message = `the first of clusterIPs is ${String(scalarOf(tree))}, and ${said}`;
  return [{ tree, message, remedy: "write the same in both, or leave clusterIPs out" }];
}
