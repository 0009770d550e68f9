/** For tests: organizations with one service each, one of which brings the gateways of the cluster, and what is rendered of them. */
import type { Rendered } from "./render-specs.ts";
import { doc } from "./specs-fixture.contract.ts";

/** A document of an organization. */
export function docOf(organization: string, [kind, name]: readonly [string, string], spec: string): string {
  return doc(kind, name, spec).replace("metadata:\n", `metadata:\n  namespace: ${organization}\n`);
}

export const cluster = "owner";

/** Of the organization that brings the gateways; the others use them. */
const gateways = (order: readonly string[]): string => {
  const given = order.filter((guest) => guest !== cluster).map((guest) => `${guest}: ['*.example.net']`);
  const external = `{http: {}, tcp: [5432], domains: ['*.example.net'], guestDomains: {${given.join(", ")}}}`;
  return `manage: {external: ${external}, sharedWith: [${order.join(", ")}]}`;
};
export const shared = `sharedFrom: {organization: ${cluster}, name: main}`;

export type Tenant = {
  readonly organization: string;
  readonly project: string;
  readonly component: string;
  /** Of `spec.gateway` of its DataPlane, beside the domain. */
  readonly gateway?: string;
  readonly endpoint?: string;
  readonly api?: string;
  readonly domains?: string;
  readonly image?: string;
  /** Of `spec.environments.dev` of its Project. */
  readonly cell?: string;
};

/** An organization with one service in one environment. */
export function tenant({ organization, project, component, gateway = shared, ...rest }: Tenant): readonly string[] {
  const { endpoint = "REST", api = ", rest: {backend: {port: 80}}", domains, image = "a", cell } = rest;
  const owner = `owner: {projectName: ${project}, componentName: ${component}}`;
  const workload = `containers: {main: {image: ${image}}}, endpoints: {api: {type: ${endpoint}, port: 80}}`;
  const apis = `apis: {api: {type: ${endpoint}, exposeLevels: [Public]${api}}}`;
  const of = (kind: string, name: string, spec: string): string => docOf(organization, [kind, name], `  ${spec}`);
  return [
    `apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: ${organization}\n`,
    of("DataPlane", "main", `gateway: {publicVirtualHost: apps.example, ${gateway}}`),
    of("Environment", "dev", "dataPlaneRef: main"),
    of("DeploymentPipeline", "line", "promotionPaths: [{sourceEnvironmentRef: dev, targetEnvironmentRefs: []}]"),
    of("ServiceClass", "default", "{}"),
    of("WebApplicationClass", "default", "{}"),
    of("APIClass", "default", "{}"),
    of(
      "Project",
      project,
      `deploymentPipelineRef: line${cell === undefined ? "" : `\n  environments: {dev: ${cell}}`}`,
    ),
    of("Component", component, `owner: {projectName: ${project}}\n  type: Service`),
    of("Workload", component, `{${owner}, ${workload}}`),
    of("Service", component, `{${owner}, workloadName: ${component}, ${apis}}`),
    ...(domains === undefined
      ? []
      : [
          of(
            "ServiceBinding",
            `${component}-dev`,
            `{${owner}, environment: dev, domains: {api: [${domains}]}, workloadSpec: {${workload}}}`,
          ),
        ]),
  ];
}

/** One that brings the gateways of the cluster and has a service of its own. */
export function clusterOwner(order: readonly string[], rest: Partial<Tenant> = {}): readonly string[] {
  return tenant({ organization: cluster, project: "base", component: "status", gateway: gateways(order), ...rest });
}

export function problemsOf({ problems }: Rendered): readonly string[] {
  return problems
    .filter(({ code }) => code !== "unpinned-class")
    .map(({ severity, code, message }) => `${severity} ${code} ${message}`);
}

type Bodies = readonly { readonly organization: string; readonly id: string; readonly object: object }[];

export function objectsOf({ releases }: Rendered): Bodies {
  return releases.flatMap(({ plane, release }) =>
    release.spec.resources.map(({ id, object }) => ({ organization: plane.organization, id, object })),
  );
}
