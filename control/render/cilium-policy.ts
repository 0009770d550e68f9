/** A boundary as Cilium keeps it (docs.cilium.io, "Network Policy"): a CiliumNetworkPolicy, which also knows host names. */
import { scalarOf, trace, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import { type Boundary, boundaryRule, type BoundaryRule, type Peer, type PodLabels } from "./boundary.ts";
import type { ObjectParts } from "./manifest.ts";

/** Peers are pods of the policy's own namespace unless they say another with this label. */
const namespaceLabel = "k8s:io.kubernetes.pod.namespace";

export function ciliumPolicy(boundary: Boundary): Pick<ObjectParts, "apiVersion" | "kind" | "spec"> {
  const { subject, ingress, egress, isDefaultDeny } = boundary;
  const spec = tracedMap(
    {
      endpointSelector: trace(selectorOf(subject), boundaryRule),
      ingress: ruleList("from", ingress, isDefaultDeny),
      egress: ruleList("to", egress, isDefaultDeny),
    },
    boundaryRule,
  );
  return { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", spec };
}

/** An empty rule lets nothing through and turns the denial of all else on ("Default Deny"). */
function ruleList(side: "from" | "to", rules: readonly BoundaryRule[], isDefaultDeny: boolean): Traced | undefined {
  if (rules.length === 0) return isDefaultDeny ? tracedList([tracedMap({}, boundaryRule)], boundaryRule) : undefined;
  return tracedList(
    rules.map((rule) => tracedMap({ ...peerFields(side, rule), toPorts: portList(rule) }, boundaryRule)),
    boundaryRule,
  );
}

/** Cilium has a field for each kind of peer, and a rule is of one kind. */
function peerFields(side: "from" | "to", { peers }: BoundaryRule): Readonly<Record<string, Traced>> {
  const fields = new Map<string, Traced[]>();
  for (const peer of peers) {
    const [field, value] = peerField(side, peer);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return Object.fromEntries([...fields].map(([field, values]) => [field, tracedList(values, boundaryRule)]));
}

function peerField(side: "from" | "to", peer: Peer): readonly [field: string, value: Traced] {
  switch (peer.kind) {
    case "pods": {
      const namespace = peer.namespace === undefined ? {} : { [namespaceLabel]: peer.namespace };
      return [`${side}Endpoints`, trace(selectorOf({ ...namespace, ...peer.labels }), peer.origin ?? boundaryRule)];
    }
    case "host":
      return [`${side}FQDNs`, tracedMap({ matchName: peer.value }, boundaryRule)];
    case "cidr":
      return [`${side}CIDR`, peer.value];
    case "entity":
      return [`${side}Entities`, peer.value];
    case "outside":
      return [`${side}Entities`, trace("world", boundaryRule)];
  }
}

function selectorOf(labels: PodLabels): object {
  return Object.keys(labels).length === 0 ? {} : { matchLabels: labels };
}

/** Ports are texts here. */
function portList({ ports, readsNames }: BoundaryRule): Traced | undefined {
  if (ports.length === 0) return undefined;
  const listed = ports.map(({ port, protocol }) =>
    tracedMap({ port: trace(String(scalarOf(port)), port.origin), protocol }, boundaryRule),
  );
  const rules = readsNames === true ? trace({ dns: [{ matchPattern: "*" }] }, boundaryRule) : undefined;
  return tracedList([tracedMap({ ports: tracedList(listed, boundaryRule), rules }, boundaryRule)], boundaryRule);
}
