/**
 * A network policy before it is written for whoever keeps it: pods, and what may come to them and go from them. Policies add
 * up, so each says what it lets through; what none lets through is denied where one says so.
 */
import { cellPodLabels } from "../../schemas/labels.ts";
import { gatewayNamespace } from "../../schemas/names.ts";
import { at, itemsOf, type Origin, ruled, scalarOf, type Traced } from "../load/traced.ts";
import type { Cell } from "../resolve/cell.ts";
import type { Gateways } from "../resolve/gateways.ts";
import { fieldOf, type Gateway } from "./gateway-sides.ts";

export type PodLabels = Readonly<Record<string, string>>;

/** Without a namespace, pods of the policy's own; without labels, all of them. */
export type Peer =
  | { readonly kind: "pods"; readonly namespace?: string; readonly labels: PodLabels; readonly origin?: Origin }
  | { readonly kind: "host" | "cidr"; readonly value: Traced }
  /** By a word of Cilium's. */
  | { readonly kind: "entity"; readonly value: Traced }
  /** Everything outside the cluster. */
  | { readonly kind: "outside" };

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
};

export const boundaryRule: Origin = { kind: "rule", rule: "network-policy" };

/** Pods of the cell: of a namespace that was there before, ours only. */
export function cellSubject(cell: Cell): PodLabels {
  return cell.isAdopted ? cellPodLabels(cell) : {};
}

type Plane = Pick<Cell, "networkPolicy">;

const gatewayNamespaces = [gatewayNamespace, "envoy-gateway-system"] as const;

/**
 * What lets a gateway in at ports. Envoy Gateway runs a gateway's pods beside the Gateway or in its own namespace, by its settings;
 * of others, and of other namespaces, the plane says where they are.
 */
export function fromGateway(
  gateway: Gateway,
  { sources }: Pick<Gateways, "sources">,
  { networkPolicy, ports }: Plane & Pick<BoundaryRule, "ports">,
): readonly BoundaryRule[] {
  const labels = {
    "gateway.envoyproxy.io/owning-gateway-name": gateway,
    "gateway.envoyproxy.io/owning-gateway-namespace": gatewayNamespace,
  };
  const said = at(sources, fieldOf(gateway));
  if (said === undefined)
    return [{ peers: gatewayNamespaces.map((namespace) => ({ kind: "pods", namespace, labels })), ports }];
  return byKind(
    itemsOf(said).map((one) => peerOf(one, labels)),
    networkPolicy,
  ).map((peers) => ({ peers, ports }));
}

const dns = 53;

type Server = { readonly peer: Peer; readonly port: Traced };

/** The cluster's name servers, over UDP and, for long answers, TCP. */
export function toNameServers({
  networkPolicy,
  nameServers,
}: Plane & Pick<Cell, "nameServers">): readonly BoundaryRule[] {
  const labels = { "k8s-app": "kube-dns" };
  const usual: readonly Server[] = [
    { peer: { kind: "pods", namespace: "kube-system", labels }, port: dnsPort(undefined) },
  ];
  const said = itemsOf(nameServers).map((one): Server => ({
    peer: peerOf(one, labels),
    port: dnsPort(at(one, "port")),
  }));
  const byPort = Map.groupBy(nameServers === undefined ? usual : said, ({ port }) => scalarOf(port));
  return [...byPort.values()].flatMap((servers) => {
    const [{ port } = { port: dnsPort(undefined) }] = servers;
    const ports = ["UDP", "TCP"].map((protocol) => ({ port, protocol: ruled(protocol, "network-policy") }));
    return byKind(
      servers.map(({ peer }) => peer),
      networkPolicy,
    ).map((peers) => ({ peers, ports }));
  });
}

function dnsPort(said: Traced | undefined): Traced {
  return said ?? ruled(dns, "network-policy");
}

/** One of what a plane says; pods that are named by their namespace alone have `labels`. */
function peerOf(tree: Traced, labels: PodLabels): Peer {
  const [cidr, entity] = [at(tree, "cidr"), at(tree, "entity")];
  if (cidr !== undefined) return { kind: "cidr", value: cidr };
  if (entity !== undefined) return { kind: "entity", value: entity };
  const said = at(tree, "labels");
  const pairs =
    said?.kind === "map" ? [...said.entries].map(([key, value]) => [key, String(scalarOf(value))]) : undefined;
  return {
    kind: "pods",
    namespace: String(scalarOf(at(tree, "namespace"))),
    labels: pairs === undefined ? labels : Object.fromEntries(pairs),
    origin: tree.origin,
  };
}

/**
 * A rule of Cilium's has peers of one kind. Its words mean nothing without it, which is a Problem of the plane: there they are
 * left out, and nobody is let through for them.
 */
function byKind(peers: readonly Peer[], networkPolicy: Cell["networkPolicy"]): readonly (readonly Peer[])[] {
  const known = networkPolicy === "Cilium" ? peers : peers.filter(({ kind }) => kind !== "entity");
  return [...Map.groupBy(known, ({ kind }) => kind).values()];
}
