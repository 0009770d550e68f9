/**
 * A platform of two organizations and three projects with endpoints of every visibility, as a table, and as who may reach
 * whom by that table alone: what the rendered policies are held against. The organizations use the same names and one cluster. One of them has two environments there, with one cell in a namespace that it shares with others.
 */
import { cellNamespace } from "../../schemas/names.ts";
import type { Endpoint, Flow, Verdict } from "./judge-policies.ts";

type Level = "Project" | "Organization" | "Public";
type Served = {
  readonly type: "REST" | "HTTP" | "TCP" | "UDP";
  readonly port: number;
  readonly levels?: readonly Level[];
};
export type Connected =
  | { readonly project: string; readonly component: string; readonly endpoint: string }
  | { readonly host: string; readonly port: number }
  | { readonly cidr: string; readonly port: number; readonly protocol: "TCP" | "UDP" };

export type Tenant = {
  readonly organization: string;
  readonly environment: string;
  readonly project: string;
  readonly component: string;
  readonly kind: "Service" | "WebApplication" | "ScheduledTask";
  readonly endpoints: Readonly<Record<string, Served>>;
  readonly connections: readonly Connected[];
};

export type Openness = { readonly withinCell: boolean; readonly egress: boolean };
export type Tenancy = {
  readonly networkPolicy: "Cilium" | "Kubernetes";
  /** By organization. */
  readonly open: Readonly<Record<string, Openness>>;
  /** Where name servers and gateways are: as in most clusters, or where the plane says. */
  readonly places?: "usual" | "stated";
  /** Whether there is a second environment. */
  readonly hasProduction: boolean;
};

export const environment = "dev";
export const production = "prod";
/** That the cell of `store` in production adopts. */
export const adopted = "store-as-it-was";
/** Of `acme`, those that run in production too: with all that they connect to. */
const promoted: ReadonlySet<string> = new Set(["shop/web", "shop/cart", "shop/audit", "store/stock", "store/ledger"]);
const closed: Openness = { withinCell: false, egress: false };
export const allClosed: Tenancy["open"] = { acme: closed, globex: closed };

export function tenants(tenancy: Tenancy): readonly Tenant[] {
  const first = firstTenants(tenancy);
  const isPromoted = ({ organization, project, component }: Tenant): boolean =>
    organization === "acme" && promoted.has(`${project}/${component}`);
  if (!tenancy.hasProduction) return first;
  return [...first, ...first.filter(isPromoted).map((tenant) => ({ ...tenant, environment: production }))];
}

/** Hosts by their names only where the plane can keep to them. */
function firstTenants({ networkPolicy }: Tenancy): readonly Tenant[] {
  const hosts: readonly Connected[] = networkPolicy === "Cilium" ? [{ host: "api.example", port: 443 }] : [];
  const shop = { organization: "acme", environment, project: "shop" } as const;
  const store = { organization: "acme", environment, project: "store" } as const;
  const rival = { organization: "globex", environment, project: "shop" } as const;
  const none = { endpoints: {}, connections: [] } as const;
  const api = (levels: readonly Level[], port = 8080): Served => ({ type: "REST", port, levels });
  return [
    {
      ...shop,
      component: "web",
      kind: "WebApplication",
      endpoints: { page: { type: "HTTP", port: 8080 } },
      connections: [{ project: "shop", component: "cart", endpoint: "api" }],
    },
    {
      ...shop,
      component: "cart",
      kind: "Service",
      endpoints: { api: api(["Organization"]), admin: { type: "TCP", port: 9000 } },
      connections: [
        { project: "store", component: "stock", endpoint: "api" },
        { project: "shop", component: "audit", endpoint: "log" },
        { cidr: "192.0.2.0/24", port: 853, protocol: "UDP" },
        ...hosts,
      ],
    },
    { ...shop, ...none, component: "audit", kind: "Service", endpoints: { log: { type: "UDP", port: 5140 } } },
    {
      ...store,
      component: "stock",
      kind: "Service",
      endpoints: { api: api(["Public", "Organization"]), metrics: { type: "HTTP", port: 9100 } },
      connections: [{ project: "store", component: "ledger", endpoint: "api" }],
    },
    { ...store, ...none, component: "ledger", kind: "Service", endpoints: { api: api(["Project"], 8081) } },
    {
      ...store,
      component: "nightly",
      kind: "ScheduledTask",
      endpoints: {},
      connections: [
        { project: "store", component: "stock", endpoint: "metrics" },
        { project: "shop", component: "web", endpoint: "page" },
      ],
    },
    { ...rival, ...none, component: "cart", kind: "Service", endpoints: { api: api(["Public"]) } },
    {
      ...rival,
      component: "web",
      kind: "Service",
      endpoints: { api: { type: "TCP", port: 9000 } },
      connections: [{ project: "shop", component: "cart", endpoint: "api" }],
    },
  ];
}

export const gatewayNames = ["gateway-external", "gateway-internal"] as const;
const gatewayNamespaces = ["openchoreo-data-plane", "envoy-gateway-system"];

const nameBlock = "198.51.100.0/24";

/** Of one gateway alone, so that the other's are where they are in most clusters. */
export const stated = {
  nameServers: [{ namespace: "names", labels: { app: "dns" }, port: 5353 }, { cidr: nameBlock }],
  sources: { external: [{ namespace: "edge" }, { namespace: "other-edge", labels: { app: "proxy" } }] },
};

export function nameOf(tenant: Tenant): string {
  return `${cellNameOf(tenant)}/${tenant.component}`;
}

function cellNameOf({ organization, environment: of, project }: Tenant): string {
  return `${organization}/${of}/${project}`;
}

function namespaceOf(tenant: Tenant): string {
  const isAdopted = tenant.project === "store" && tenant.environment === production;
  return isAdopted ? adopted : cellNamespace(tenant);
}

/** Every pod of the platform, what stands beside it, what only looks like some of it, and what is outside. */
export function tenantEndpoints(tenancy: Tenancy): readonly Endpoint[] {
  const pods = tenants(tenancy).map((tenant): Endpoint => ({
    name: nameOf(tenant),
    namespace: namespaceOf(tenant),
    labels: podLabels(tenant),
  }));
  const [web] = tenants(tenancy);
  if (web === undefined) throw new Error("there is no tenant");
  return [
    ...pods,
    ...gatewayNames.flatMap((name) =>
      [...gatewayNamespaces, "edge"].map((namespace): Endpoint => ({
        name: `${name} ${namespace}`,
        namespace,
        labels: gatewayLabels(name),
      })),
    ),
    { name: "proxy other-edge", namespace: "other-edge", labels: { app: "proxy" } },
    { name: "beside proxy", namespace: "other-edge", labels: { app: "metrics" } },
    { name: "dns", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
    { name: "stated dns", namespace: "names", labels: { app: "dns" } },
    { name: "beside dns", namespace: "kube-system", labels: { "k8s-app": "metrics" } },
    { name: "like dns", namespace: "default", labels: { "k8s-app": "kube-dns" } },
    {
      name: "like a gateway",
      namespace: cellNamespace(web),
      labels: gatewayLabels("gateway-external"),
    },
    { name: "beside an adopted cell", namespace: adopted, labels: { app: "theirs" } },
    { name: "like web", namespace: "default", labels: podLabels(web) },
    { name: "world by IPv4", reserved: "world-ipv4" },
    { name: "world by IPv6", reserved: "world-ipv6" },
    { name: "192.0.2.0/24", cidr: "192.0.2.0/24" },
    { name: nameBlock, cidr: nameBlock },
    { name: "api.example", host: "api.example" },
    { name: "other.example", host: "other.example" },
  ];
}

function podLabels({ organization, environment: of, project, component }: Tenant): Readonly<Record<string, string>> {
  return {
    "organization-name": organization,
    "project-name": project,
    "environment-name": of,
    "component-name": component,
  };
}

function gatewayLabels(name: string): Readonly<Record<string, string>> {
  return {
    "gateway.envoyproxy.io/owning-gateway-name": name,
    "gateway.envoyproxy.io/owning-gateway-namespace": "openchoreo-data-plane",
  };
}

/** Every port that anybody listens on or asks for, and two that nobody does. */
export const ports: readonly Pick<Flow, "protocol" | "port">[] = [
  ...[22, 53, 443, 853, 5353, 8080, 8081, 9000, 9100].map((port) => ({ protocol: "TCP", port }) as const),
  ...[53, 443, 853, 5140, 5353, 8080].map((port) => ({ protocol: "UDP", port }) as const),
];

/** What the table says of a flow; whoever is in no cell has no policy. */
export function wantedVerdict(flow: Flow, tenancy: Tenancy): Verdict {
  const find = (name: string): Tenant | undefined => tenants(tenancy).find((tenant) => nameOf(tenant) === name);
  const [from, to] = [find(flow.from), find(flow.to)];
  const [fromCell, toCell] = [cellOf(flow.from, from), cellOf(flow.to, to)];
  const open = fromCell === undefined ? undefined : tenancy.open[fromCell.organization];
  const isWithin = open?.withinCell === true && fromCell?.name === toCell?.name;
  const isDeclared = from !== undefined && to !== undefined && connects(from, to, flow);
  const isAsked = answersNames(flow, tenancy);
  const isOutside = isExternal(flow.to) && (open?.egress === true || reaches(from, flow));
  return {
    egress: fromCell === undefined || isWithin || isDeclared || isAsked || isOutside,
    ingress: toCell === undefined || isWithin || isDeclared || (to !== undefined && isExposed(to, flow, tenancy)),
  };
}

function answersNames({ to, port }: Flow, { places }: Tenancy): boolean {
  if (places !== "stated") return to === "dns" && port === 53;
  return (to === "stated dns" && port === 5353) || (to === nameBlock && port === 53);
}

/** Also of the pod that stands in a cell and is none of it. */
function cellOf(name: string, tenant: Tenant | undefined): { organization: string; name: string } | undefined {
  if (name === "like a gateway") return { organization: "acme", name: `acme/${environment}/shop` };
  return tenant && { organization: tenant.organization, name: cellNameOf(tenant) };
}

function protocolOf({ type }: Served): Flow["protocol"] {
  return type === "UDP" ? "UDP" : "TCP";
}

function connects(from: Tenant, to: Tenant, { protocol, port }: Flow): boolean {
  return from.connections.some((connection) => {
    if (!("component" in connection) || from.organization !== to.organization) return false;
    if (from.environment !== to.environment) return false;
    const served = to.endpoints[connection.endpoint];
    const isTo = connection.project === to.project && connection.component === to.component;
    return isTo && served !== undefined && served.port === port && protocolOf(served) === protocol;
  });
}

function isExternal(name: string): boolean {
  return name.startsWith("world") || name.includes(".") || name.includes("/24");
}

function reaches(from: Tenant | undefined, { to, protocol, port }: Flow): boolean {
  return (from?.connections ?? []).some((connection) => {
    if ("component" in connection || connection.port !== port) return false;
    if ("host" in connection) return connection.host === to && protocol === "TCP";
    return connection.cidr === to && connection.protocol === protocol;
  });
}

/** At a gateway, by the level that is published there; a web application is public. */
function isExposed(to: Tenant, { from, protocol, port }: Flow, tenancy: Tenancy): boolean {
  return Object.values(to.endpoints).some((served) => {
    const levels = to.kind === "WebApplication" ? ["Public"] : (served.levels ?? []);
    const isReached =
      (levels.includes("Public") && isGateway("gateway-external", from, tenancy)) ||
      (levels.includes("Organization") && isGateway("gateway-internal", from, tenancy));
    return isReached && served.port === port && protocolOf(served) === protocol;
  });
}

function isGateway(gateway: string, from: string, { places }: Tenancy): boolean {
  if (places === "stated" && gateway === "gateway-external")
    return from === `${gateway} edge` || from === "proxy other-edge";
  return gatewayNamespaces.some((namespace) => from === `${gateway} ${namespace}`);
}
