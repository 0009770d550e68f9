/** The Service in front of a Deployment: the class's template with the endpoints' ports laid over it. */
import { podLabels } from "../../schemas/labels.ts";
import { endpointPorts, withPortName } from "./endpoint-ports.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { at, itemsOf, type Origin, ruled, tracedList, tracedMap, withField } from "../load/traced.ts";

const rule: Origin = { kind: "rule", rule: "service-ports" };
const serviceSpec = { type: "ServiceSpec" };
const portKeys = ["port", "protocol"];

/** Undefined where nothing listens: Kubernetes refuses a Service without ports. */
export function renderService(resolved: Resolved, destination: Destination): Manifest | undefined {
  const { binding, cell } = resolved;
  const template = at(resolved.classTree, "serviceTemplate");
  const classPorts = itemsOf(at(template, "ports"));
  const ports = endpointPorts(binding).map(({ name, number, protocol, origin }) => {
    const port = tracedMap(
      {
        port: { kind: "scalar", value: number, origin },
        targetPort: { kind: "scalar", value: number, origin },
        protocol: ruled(protocol, "port-protocol"),
      },
      origin,
    );
    return withPortName(port, { name, classPorts, keys: portKeys });
  });
  if (ports.length === 0 && at(template, "ports") === undefined) return undefined;
  const labels = podLabels(binding);
  const overlay = tracedMap({ ports: ports.length === 0 ? undefined : tracedList(ports, rule) }, rule);
  const base = strategicMerge(
    ruled({ type: "ClusterIP" }, "service-type"),
    template ?? ruled({}, "service-type"),
    serviceSpec,
  );
  const merged = strategicMerge(base, overlay, serviceSpec);
  const spec = withField(merged, "selector", ruled(labels, "pod-selector"));
  return makeManifest(
    { apiVersion: "v1", kind: "Service", name: binding.component, namespace: cell.namespace, labels, spec },
    destination,
  );
}
