/**
 * A platform of two organizations and three projects with endpoints of every visibility, as a table, as documents, and as
 * who may reach whom by that table alone: what the rendered policies are held against. The organizations use the same names
 * and one cluster.
 */
import { apiVersion } from "../../schemas/metadata.ts";
import { cellNamespace } from "../../schemas/names.ts";
import type { Endpoint, Flow, Verdict } from "./judge-policies.ts";

type Level = "Project" | "Organization" | "Public";
type Served = {
  readonly type: "REST" | "HTTP" | "TCP" | "UDP";
  readonly port: number;
  readonly levels?: readonly Level[];
};
type Connected =
  | { readonly project: string; readonly component: string; readonly endpoint: string }
  | { readonly host: string; readonly port: number }
  | { readonly cidr: string; readonly port: number; readonly protocol: "TCP" | "UDP" };

export type Tenant = {
  readonly organization: string;
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
};

const environment = "dev";
const closed: Openness = { withinCell: false, egress: false };
export const allClosed: Tenancy["open"] = { acme: closed, globex: closed };

/** Hosts by their names only where the plane can keep to them. */
export function tenants({ networkPolicy }: Tenancy): readonly Tenant[] {
  const hosts: readonly Connected[] = networkPolicy === "Cilium" ? [{ host: "api.example", port: 443 }] : [];
  const shop = { organization: "acme", project: "shop" } as const;
  const store = { organization: "acme", project: "store" } as const;
  const rival = { organization: "globex", project: "shop" } as const;
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

/** The documents of the platform, JSON in one file of YAML. */
export function tenantSpecs(tenancy: Tenancy): string {
  const all = tenants(tenancy);
  const documents = Object.entries(tenancy.open).flatMap(([organization, open]) => {
    const document = (kind: string, name: string, spec: unknown): unknown => ({
      apiVersion,
      kind,
      metadata: kind === "Organization" ? { name } : { name, namespace: organization },
      ...(spec === undefined ? {} : { spec }),
    });
    const own = all.filter((tenant) => tenant.organization === organization);
    const projects = new Set(own.map(({ project }) => project));
    const gateway = {
      publicVirtualHost: `${organization}.example`,
      organizationVirtualHost: `${organization}.internal`,
    };
    const network = {
      withinCell: open.withinCell ? "Open" : "Declared",
      egress: open.egress ? "Open" : "Closed",
    };
    return [
      document("Organization", organization, undefined),
      document("DataPlane", "main", {
        networkPolicy: tenancy.networkPolicy,
        ...(tenancy.places === "stated"
          ? { nameServers: stated.nameServers, gateway: { ...gateway, sources: stated.sources } }
          : { gateway }),
      }),
      document("Environment", environment, { dataPlaneRef: "main", cell: { network } }),
      document("DeploymentPipeline", "line", {
        promotionPaths: [{ sourceEnvironmentRef: environment, targetEnvironmentRefs: [] }],
      }),
      document("APIClass", "default", {}),
      ...["ServiceClass", "WebApplicationClass"].map((kind) => document(kind, "default", { deploymentTemplate: {} })),
      document("ScheduledTaskClass", "default", { cronJobTemplate: { schedule: "0 3 * * *" } }),
      ...[...projects].map((project) => document("Project", project, { deploymentPipelineRef: "line" })),
      ...own.flatMap((tenant) => componentSpecs(tenant).map(([kind, spec]) => document(kind, tenant.component, spec))),
    ];
  });
  return documents.map((document) => JSON.stringify(document)).join("\n---\n");
}

function componentSpecs(tenant: Tenant): readonly (readonly [kind: string, spec: unknown])[] {
  const { project, component, kind, endpoints, connections } = tenant;
  const owner = { projectName: project, componentName: component };
  const apis = Object.entries(endpoints).flatMap(([name, { type, port, levels: exposeLevels }]) =>
    exposeLevels === undefined ? [] : [[name, { type, rest: { backend: { port }, exposeLevels } }] as const],
  );
  return [
    ["Component", { owner: { projectName: project }, type: kind }],
    [
      "Workload",
      {
        owner,
        containers: { main: { image: "a" } },
        endpoints: Object.fromEntries(
          Object.entries(endpoints).map(([name, { type, port }]) => [name, { type, port }]),
        ),
        connections: Object.fromEntries(connections.map((each, index) => [`c${index}`, connectionSpec(each)])),
      },
    ],
    [kind, { owner, workloadName: component, ...(kind === "Service" ? { apis: Object.fromEntries(apis) } : {}) }],
  ];
}

function connectionSpec(connection: Connected): unknown {
  const inject = { env: [] };
  if (!("component" in connection)) return { type: "external", params: connection, inject };
  const { project: projectName, component: componentName, endpoint } = connection;
  return { type: "api", params: { projectName, componentName, endpoint }, inject };
}

export const gatewayNames = ["gateway-external", "gateway-internal"] as const;
const gatewayNamespaces = ["openchoreo-data-plane", "envoy-gateway-system"];

const nameBlock = "198.51.100.0/24";

/** Of one gateway alone, so that the other's are where they are in most clusters. */
const stated = {
  nameServers: [{ namespace: "names", labels: { app: "dns" }, port: 5353 }, { cidr: nameBlock }],
  sources: { external: [{ namespace: "edge" }, { namespace: "other-edge", labels: { app: "proxy" } }] },
};

export function nameOf({ organization, project, component }: Tenant): string {
  return `${organization}/${project}/${component}`;
}

/** Every pod of the platform, what stands beside it, what only looks like some of it, and what is outside. */
export function tenantEndpoints(tenancy: Tenancy): readonly Endpoint[] {
  const pods = tenants(tenancy).map((tenant): Endpoint => ({
    name: nameOf(tenant),
    namespace: cellNamespace({ ...tenant, environment }),
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
      namespace: cellNamespace({ ...web, environment }),
      labels: gatewayLabels("gateway-external"),
    },
    { name: "like web", namespace: "default", labels: podLabels(web) },
    { name: "world by IPv4", reserved: "world-ipv4" },
    { name: "world by IPv6", reserved: "world-ipv6" },
    { name: "192.0.2.0/24", cidr: "192.0.2.0/24" },
    { name: nameBlock, cidr: nameBlock },
    { name: "api.example", host: "api.example" },
    { name: "other.example", host: "other.example" },
  ];
}

function podLabels({ organization, project, component }: Tenant): Readonly<Record<string, string>> {
  return {
    "organization-name": organization,
    "project-name": project,
    "environment-name": environment,
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
  if (name === "like a gateway") return { organization: "acme", name: "acme/shop" };
  return tenant && { organization: tenant.organization, name: `${tenant.organization}/${tenant.project}` };
}

function protocolOf({ type }: Served): Flow["protocol"] {
  return type === "UDP" ? "UDP" : "TCP";
}

function connects(from: Tenant, to: Tenant, { protocol, port }: Flow): boolean {
  return from.connections.some((connection) => {
    if (!("component" in connection) || from.organization !== to.organization) return false;
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
