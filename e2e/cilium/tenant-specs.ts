/** The platform of the table of tenants as documents. */
import { apiVersion } from "../../schemas/metadata.ts";
import {
  adopted,
  type Connected,
  environment,
  production,
  stated,
  type Tenancy,
  type Tenant,
  tenants,
} from "./tenants.ts";

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
      ...[environment, production].map((name) =>
        document("Environment", name, { dataPlaneRef: "main", cell: { network } }),
      ),
      document("DeploymentPipeline", "line", {
        promotionPaths: [{ sourceEnvironmentRef: environment, targetEnvironmentRefs: [{ name: production }] }],
      }),
      document("APIClass", "default", {}),
      ...["ServiceClass", "WebApplicationClass"].map((kind) => document(kind, "default", { deploymentTemplate: {} })),
      document("ScheduledTaskClass", "default", { cronJobTemplate: { schedule: "0 3 * * *" } }),
      ...[...projects].map((project) => {
        const cells = project === "store" ? { environments: { [production]: { namespace: adopted } } } : {};
        return document("Project", project, { deploymentPipelineRef: "line", ...cells });
      }),
      ...own.flatMap((tenant) => {
        const specs = tenant.environment === production ? [bindingSpec(tenant)] : componentSpecs(tenant);
        return specs.map(([kind, spec]) => document(kind, tenant.component, spec));
      }),
    ];
  });
  return documents.map((document) => JSON.stringify(document)).join("\n---\n");
}

type Spec = readonly [kind: string, spec: unknown];

function componentSpecs(tenant: Tenant): readonly Spec[] {
  const { project, component, kind } = tenant;
  const owner = ownerOf(tenant);
  return [
    ["Component", { owner: { projectName: project }, type: kind }],
    ["Workload", { owner, ...workloadOf(tenant) }],
    [kind, { owner, workloadName: component, ...apisOf(tenant) }],
  ];
}

function bindingSpec(tenant: Tenant): Spec {
  const spec = { owner: ownerOf(tenant), environment: tenant.environment, workloadSpec: workloadOf(tenant) };
  return [`${tenant.kind}Binding`, { ...spec, ...apisOf(tenant) }];
}

function ownerOf({ project, component }: Tenant): unknown {
  return { projectName: project, componentName: component };
}

function workloadOf({ endpoints, connections }: Tenant): Readonly<Record<string, unknown>> {
  return {
    containers: { main: { image: "a" } },
    endpoints: Object.fromEntries(Object.entries(endpoints).map(([name, { type, port }]) => [name, { type, port }])),
    connections: Object.fromEntries(connections.map((each, index) => [`c${index}`, connectionSpec(each)])),
  };
}

function apisOf({ kind, endpoints }: Tenant): Readonly<Record<string, unknown>> {
  const apis = Object.entries(endpoints).flatMap(([name, { type, port, levels: exposeLevels }]) =>
    exposeLevels === undefined ? [] : [[name, { type, rest: { backend: { port }, exposeLevels } }] as const],
  );
  return kind === "Service" ? { apis: Object.fromEntries(apis) } : {};
}

function connectionSpec(connection: Connected): unknown {
  const inject = { env: [] };
  if (!("component" in connection)) return { type: "external", params: connection, inject };
  const { project: projectName, component: componentName, endpoint } = connection;
  return { type: "api", params: { projectName, componentName, endpoint }, inject };
}
