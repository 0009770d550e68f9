/**
 * A network policy before it is written for whoever keeps it: pods, and what may come to them and go from them. Policies add
 * up, so each says what it lets through; what none lets through is denied where one says so.
 */
import { cellPodLabels } from "../../schemas/labels.ts";
import { gatewayNamespace } from "../../schemas/names.ts";
import { type Origin, ruled, type Traced } from "../load/traced.ts";
import type { Cell } from "../resolve/cell.ts";
import type { AddressBlock } from "../resolve/link-local.ts";
import type { Gateway } from "./gateway-sides.ts";

export type PodLabels = Readonly<Record<string, string>>;

/** Without a namespace, pods of the policy's own; without labels, all of them. */
export type Peer =
  | { readonly kind: "pods"; readonly namespace?: string; readonly labels: PodLabels }
  | { readonly kind: "host" | "cidr"; readonly value: Traced }
  /** Everything outside the cluster; of link-local addresses these blocks. */
  | { readonly kind: "outside"; readonly linkLocal: readonly string[] };

export type BoundaryPort = { readonly port: Traced; readonly protocol: Traced };

export type BoundaryRule = {
  readonly peers: readonly Peer[];
  /** All where there are none. */
  readonly ports: readonly BoundaryPort[];
  /** Answers of name servers are read, so that policies by host name know the addresses. */
  readonly readsNames?: true;
};

export type Boundary = {
  readonly name: string;
  readonly namespace: string;
  /** The pods that it is about; all of the namespace without any. */
  readonly subject: PodLabels;
  /** Labels of the policy itself. */
  readonly labels?: PodLabels;
  /** Whether what no policy lets through is denied, both ways, even where there is no rule. */
  readonly isDefaultDeny: boolean;
  readonly ingress: readonly BoundaryRule[];
  readonly egress: readonly BoundaryRule[];
  /** Addresses that no rule of any policy opens. Only Cilium knows such; for others rules leave them out. */
  readonly unreachable?: readonly AddressBlock[];
};

export const boundaryRule: Origin = { kind: "rule", rule: "network-policy" };

/** Pods of the cell: of a namespace that was there before, ours only. */
export function cellSubject(cell: Cell): PodLabels {
  return cell.isAdopted ? cellPodLabels(cell) : {};
}

const gatewayNamespaces = [gatewayNamespace, "envoy-gateway-system"] as const;

/** Envoy Gateway runs a gateway's pods beside the Gateway or in its own namespace, by its settings. */
export function gatewayPeers(gateway: Gateway): readonly Peer[] {
  const labels = {
    "gateway.envoyproxy.io/owning-gateway-name": gateway,
    "gateway.envoyproxy.io/owning-gateway-namespace": gatewayNamespace,
  };
  return gatewayNamespaces.map((namespace) => ({ kind: "pods", namespace, labels }));
}

/** The cluster's name servers, over UDP and, for long answers, TCP. */
export function nameServers(): BoundaryRule {
  return {
    peers: [{ kind: "pods", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } }],
    ports: [
      { port: ruled(53, "network-policy"), protocol: ruled("UDP", "network-policy") },
      { port: ruled(53, "network-policy"), protocol: ruled("TCP", "network-policy") },
    ],
  };
}
