/** A boundary as any network plugin keeps it: a NetworkPolicy (Kubernetes docs, "Network Policies"). It knows no host names. */
import { trace, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import { type Boundary, boundaryRule, type BoundaryRule, type Peer, type PodLabels } from "./boundary.ts";
import type { ObjectParts } from "./manifest.ts";

/** Set by the API server on every namespace. */
const namespaceLabel = "kubernetes.io/metadata.name";

export function kubernetesPolicy(boundary: Boundary): Pick<ObjectParts, "apiVersion" | "kind" | "spec"> {
  const { subject, ingress, egress, isDefaultDeny } = boundary;
  const types = [
    ...(ingress.length > 0 || isDefaultDeny ? ["Ingress"] : []),
    ...(egress.length > 0 || isDefaultDeny ? ["Egress"] : []),
  ];
  const spec = tracedMap(
    {
      podSelector: trace(selectorOf(subject), boundaryRule),
      policyTypes: trace(types, boundaryRule),
      ingress: ruleList("from", ingress),
      egress: ruleList("to", egress),
    },
    boundaryRule,
  );
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", spec };
}

function ruleList(side: "from" | "to", rules: readonly BoundaryRule[]): Traced | undefined {
  if (rules.length === 0) return undefined;
  const written = rules.map(({ peers, ports }) => {
    const listed = peers.flatMap((peer) => peersOf(peer));
    return tracedMap({ [side]: tracedList(listed, boundaryRule), ports: portList(ports) }, boundaryRule);
  });
  return tracedList(written, boundaryRule);
}

/** Throws TypeError for a host name or a word of Cilium's: an empty list in its place would stand for everybody. */
function peersOf(peer: Peer): readonly Traced[] {
  switch (peer.kind) {
    case "pods": {
      const { namespace, labels, origin = boundaryRule } = peer;
      const namespaceSelector = namespace === undefined ? undefined : selectorOf({ [namespaceLabel]: namespace });
      return [trace({ namespaceSelector, podSelector: selectorOf(labels) }, origin)];
    }
    case "cidr":
      return [tracedMap({ ipBlock: tracedMap({ cidr: peer.value }, boundaryRule) }, boundaryRule)];
    case "outside":
      return ["0.0.0.0/0", "::/0"].map((cidr) => trace({ ipBlock: { cidr } }, boundaryRule));
    case "host":
    case "entity":
      throw new TypeError("a NetworkPolicy knows no host names and no words of Cilium's");
  }
}

function selectorOf(labels: PodLabels): object {
  return Object.keys(labels).length === 0 ? {} : { matchLabels: labels };
}

function portList(ports: BoundaryRule["ports"]): Traced | undefined {
  if (ports.length === 0) return undefined;
  return tracedList(
    ports.map(({ port, protocol }) => tracedMap({ port, protocol }, boundaryRule)),
    boundaryRule,
  );
}
