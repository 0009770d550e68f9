/**
 * The network policies of a component, all in its own Release: what reaches its endpoints from the gateways that they are
 * exposed at, what it reaches along its connections, and for each of these the way in at the target. That the latter stands
 * in the caller's Release is what keeps a change of the caller from touching anything else (invariant 8).
 */
import { compareText } from "../../schemas/compare.ts";
import { podLabels } from "../../schemas/labels.ts";
import { callerPolicyName } from "../../schemas/names.ts";
import { at, ruled, scalarOf } from "../load/traced.ts";
import type { Link } from "../resolve/link.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { visibilityOf } from "../resolve/visibility.ts";
import { type Boundary, type BoundaryPort, type BoundaryRule, fromGateway, toNameServers } from "./boundary.ts";
import { gatewaySides } from "./gateway-sides.ts";
import type { Destination, Manifest } from "./manifest.ts";
import { renderBoundary } from "./render-boundary.ts";

export function renderBoundaries(resolved: Resolved, destination: Destination): readonly Manifest[] {
  const { binding, cell } = resolved;
  const links = distinct(resolved.links);
  const labels = podLabels(binding);
  const [ingress, egress] = [gatewayRules(resolved), egressRules(links, cell)];
  const own = { name: binding.component, namespace: cell.namespace, subject: labels, ingress, egress };
  const isOpenAnywhere = ingress.length + egress.length > 0;
  return [
    ...(isOpenAnywhere ? [{ ...own, labels, isDefaultDeny: false }] : []),
    ...links.flatMap((link) => (link.kind === "component" ? [wayIn(link, resolved)] : [])),
  ].map((boundary) => renderBoundary(boundary, cell.networkPolicy, destination));
}

/** Two connections to the same port of the same component are one way. */
function distinct(links: readonly Link[]): readonly Link[] {
  const seen = new Set<string>();
  return links.filter((link) => {
    const key = link.kind === "component" ? JSON.stringify([link.target, link.port, link.protocol]) : undefined;
    const isNew = key === undefined || !seen.has(key);
    if (key !== undefined) seen.add(key);
    return isNew;
  });
}

/** Each gateway to the ports of what is exposed at its level, and to nothing else of the component. */
function gatewayRules({ binding, gateways, cell: { networkPolicy } }: Resolved): readonly BoundaryRule[] {
  const endpoints = Object.entries(binding.workload.endpoints).toSorted(
    ([a, one], [b, other]) => one.port - other.port || compareText(a, b),
  );
  return Object.values(gatewaySides).flatMap(({ level, gateway }): readonly BoundaryRule[] => {
    const ports = endpoints
      .filter(([name]) => visibilityOf(binding, name).includes(level))
      .map(([name, { type, port }]): BoundaryPort => ({
        port: at(binding.workloadTree, "endpoints", name, "port") ?? ruled(port, "network-policy"),
        protocol: ruled(type === "UDP" ? "UDP" : "TCP", "network-policy"),
      }));
    if (ports.length === 0) return [];
    return fromGateway(gateway, gateways, { networkPolicy, ports: withoutRepeated(ports) });
  });
}

/** Several endpoints may share a port. */
function withoutRepeated(ports: readonly BoundaryPort[]): readonly BoundaryPort[] {
  const keyOf = ({ port, protocol }: BoundaryPort): string => `${String(scalarOf(port))} ${String(scalarOf(protocol))}`;
  return [...new Map(ports.toReversed().map((port) => [keyOf(port), port])).values()].toReversed();
}

/** Without Cilium a host by its name is reached where egress is open, or there is a Problem. */
function egressRules(links: readonly Link[], cell: Resolved["cell"]): readonly BoundaryRule[] {
  const hosts = new Set(links.filter((link) => link.kind === "external" && link.to.kind === "host"));
  if (cell.networkPolicy === "Kubernetes") return links.filter((link) => !hosts.has(link)).map(ruleOf);
  const rules = links.map(ruleOf);
  if (hosts.size === 0) return rules;
  return [...rules, ...toNameServers(cell).map((rule): BoundaryRule => ({ ...rule, readsNames: true }))];
}

function ruleOf(link: Link): BoundaryRule {
  switch (link.kind) {
    case "component": {
      const { namespace, target, port, protocol } = link;
      const peers = [{ kind: "pods", namespace, labels: podLabels(target) }] as const;
      return { peers, ports: [portOf(port, protocol)] };
    }
    case "external":
      return { peers: [link.to], ports: link.ports.map((port) => ({ port, protocol: link.protocol })) };
  }
}

function portOf(port: number, protocol: "TCP" | "UDP"): BoundaryPort {
  return { port: ruled(port, "network-policy"), protocol: ruled(protocol, "network-policy") };
}

function wayIn(link: Extract<Link, { kind: "component" }>, { binding, cell }: Resolved): Boundary {
  const { target, namespace, port, protocol } = link;
  const labels = podLabels(binding);
  return {
    name: callerPolicyName(binding, target, `${port}-${protocol.toLowerCase()}`),
    namespace,
    labels,
    subject: podLabels(target),
    isDefaultDeny: false,
    ingress: [
      {
        peers: [{ kind: "pods", namespace: cell.namespace, labels }] as const,
        ports: [portOf(port, protocol)],
      },
    ],
    egress: [],
  };
}
