/** For property tests: a generated organization as documents, with what must come of them. */
import type { ComponentModel, OrganizationModel } from "./organization-arbitrary.contract.ts";
import { classHash } from "./resolve/class-hash.ts";

export type Document = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
};

export type BuiltOrganization = {
  readonly documents: readonly Document[];
  /** Organization, plane and path of the Releases that must be rendered, without Cells. */
  readonly releases: readonly string[];
};

/** `gatewayOf` is what its planes say of gateways, by their names. */
export function buildOrganization(
  given: OrganizationModel,
  gatewayOf: (plane: string) => Readonly<Record<string, unknown>>,
): BuiltOrganization {
  const { name: organization, environments, planes, projects, networkPolicy, cells } = given;
  const documents: Document[] = [];
  const releases: string[] = [];
  const add = (kind: string, each: string, spec?: unknown): void => {
    const metadata = kind === "Organization" ? { name: each } : { name: each, namespace: organization };
    documents.push({ kind, metadata, ...(spec === undefined ? {} : { spec }) });
  };
  add("Organization", organization);
  for (const plane of planes)
    add("DataPlane", plane, {
      secretStoreRef: { name: "vault" },
      ...(given.pulls ? { imagePullSecretRefs: ["db"] } : {}),
      gateway: gatewayOf(plane),
      networkPolicy,
      cell: cells.plane,
    });
  const isWide = (index: number): boolean => given.isWide && index === environments.length - 1;
  for (const [index, environment] of environments.entries()) {
    const on = isWide(index) ? { dataPlaneRefs: planes } : { dataPlaneRef: planes[index % planes.length] };
    add("Environment", environment, { ...on, cell: cells.environment });
  }
  const expectRelease = (index: number, project: string, component: string): void => {
    const path = `releases/${project}/${environments[index] ?? ""}/${component}.yaml`;
    for (const plane of isWide(index) ? planes : planes.slice(index % planes.length).slice(0, 1))
      releases.push(`${organization}/${plane} ${path}`);
  };
  const [first = ""] = environments;
  add("DeploymentPipeline", "line", {
    promotionPaths: [
      { sourceEnvironmentRef: first, targetEnvironmentRefs: environments.slice(1).map((each) => ({ name: each })) },
    ],
  });
  const classSpec = addClasses(given, add);
  for (const project of projects)
    add("Project", project, {
      deploymentPipelineRef: "line",
      cell: cells.project,
      ...(given.isAdopted ? { environments: { [first]: { namespace: `old-${organization}-${project}` } } } : {}),
    });
  const services: Peer[] = [];
  for (const [index, [each, parts]] of given.components.entries()) {
    const project = projects[index % projects.length] ?? "";
    const owner = { projectName: project, componentName: each };
    const workload = workloadOf(
      parts,
      services.filter((peer) => peer.project === project || peer.isVisible),
      networkPolicy,
    );
    const apis = parts.type === "Service" ? apisOf(parts) : undefined;
    add("Component", each, { owner: { projectName: project }, type: parts.type });
    add("Workload", each, { owner, ...workload });
    add(parts.type, each, { owner, workloadName: each, ...(apis === undefined ? {} : { apis }) });
    expectRelease(0, project, each);
    for (const position of parts.later) {
      const environment = environments[position];
      if (environment === undefined) continue;
      // A later environment lacks the peers, so what is frozen there connects to nobody.
      const { connections: _connections, ...frozen } = workload;
      add(`${parts.type}Binding`, `${each}-${environment}`, {
        owner,
        environment,
        workloadSpec: frozen,
        releaseState: parts.state,
        ...overridesOf(parts, isWide(position) ? planes : []),
        ...(parts.isPinned ? { classHash: classHash(classSpec[parts.type]) } : {}),
        ...(apis === undefined ? {} : { apis }),
      });
      if (parts.state !== "Undeploy") expectRelease(position, project, each);
    }
    const isShown = parts.levels.some((level) => level !== "Project");
    for (const { endpoint, type } of parts.type === "Service" ? parts.endpoints : [])
      services.push({ project, component: each, endpoint, isVisible: isShown && isRouted(type) });
  }
  return { documents, releases };
}

/** Of the environment, and of the last of its planes where it is on several. */
function overridesOf({ override }: ComponentModel, planes: readonly string[]): Readonly<Record<string, unknown>> {
  if (override === undefined) return {};
  const setting = (key: string) => ({ key, value: override.replaceAll("{{", "") });
  const change = (...keys: readonly string[]) => ({ containers: { main: { env: keys.map(setting) } } });
  const own = Object.fromEntries(planes.slice(-1).map((plane) => [plane, change("log.level", "plane")]));
  return { environmentOverrides: change("log.level"), ...(planes.length === 0 ? {} : { planeOverrides: own }) };
}

/** The classes, and their specs with the defaults that pins are made of, by kind of claim. */
function addClasses(
  { environments, replicas, sidecar, isScaled }: OrganizationModel,
  add: (kind: string, name: string, spec?: unknown) => void,
) {
  const containers = [
    { name: "main", resources: { limits: { memory: "64Mi" } } },
    ...(sidecar ? [{ name: "proxy", image: "p:1" }] : []),
  ];
  const deploymentTemplate = { replicas, template: { spec: { containers } } };
  const hpaTemplate = { minReplicas: 1, maxReplicas: replicas + 1 };
  const scaling = isScaled ? { hpaTemplate, pdbTemplate: { maxUnavailable: 1 } } : {};
  const served = { deploymentTemplate, serviceTemplate: {}, ...scaling };
  const task = {
    cronJobTemplate: { schedule: "*/5 * * * *", jobTemplate: { spec: { template: { spec: { containers } } } } },
  };
  add("ServiceClass", "default", { deploymentTemplate, ...scaling });
  add("WebApplicationClass", "default", { deploymentTemplate, ...scaling });
  add("ScheduledTaskClass", "default", task);
  add("APIClass", "default", {});
  add("ConfigurationGroup", "log", {
    environmentGroups: [{ name: "all", environments }],
    configurations: [
      { key: "level", values: [{ environmentGroupRef: "all", value: "debug" }] },
      { key: "key", values: [{ environmentGroupRef: "all", vaultKey: "log/key" }] },
    ],
  });
  add("SecretReference", "db", { data: [{ secretKey: ".dockerconfigjson", remoteRef: { key: "db" } }] });
  return { Service: served, WebApplication: served, ScheduledTask: task };
}

type Peer = {
  readonly project: string;
  readonly component: string;
  readonly endpoint: string;
  /** To other projects. */
  readonly isVisible: boolean;
};

function isRouted(type: string): boolean {
  return type === "REST" || type === "HTTP";
}

function workloadOf(
  parts: ComponentModel,
  services: readonly Peer[],
  networkPolicy: OrganizationModel["networkPolicy"],
) {
  const [main, side] = parts.containers;
  const isReachable = networkPolicy === "Cilium" || parts.outside?.host === undefined;
  const outside = isReachable && parts.outside !== undefined ? { outside: external(parts.outside) } : {};
  const peer = services[parts.peer];
  const group = { configurationGroupRef: { name: "log", key: "level" } };
  const configured = parts.configured ? [{ key: "log.level", valueFrom: group }] : [];
  const beside = besideOf(parts);
  const served =
    parts.type === "Service"
      ? parts.endpoints
      : parts.type === "WebApplication"
        ? [{ endpoint: "web", type: "HTTP", port: 8080 }]
        : [];
  return {
    containers: {
      main: { ...main, ...beside.container, env: [...main.env, ...configured, ...beside.env] },
      ...(side === undefined ? {} : { side }),
    },
    ...(beside.volumes === undefined ? {} : { volumes: beside.volumes }),
    endpoints: Object.fromEntries(served.map(({ endpoint, type, port }) => [endpoint, { type, port }])),
    connections: { ...outside, ...(peer === undefined ? {} : { peer: connectionTo(peer) }) },
  };
}

function connectionTo({ project, component: name, endpoint }: Peer): unknown {
  return {
    type: "api",
    params: { projectName: project, componentName: name, endpoint },
    inject: { env: [{ name: "peer-url", value: "{{ .url }}" }] },
  };
}

function external(params: NonNullable<ComponentModel["outside"]>): unknown {
  const value = params.host === undefined ? "" : "{{ .uri }}";
  return { type: "external", params, inject: { env: [{ name: "outside", value }] } };
}

function besideOf({ beside }: ComponentModel) {
  const has = (what: string): boolean => beside.includes(what);
  const secretRef = { name: "db", key: ".dockerconfigjson" };
  const vault = { configurationGroupRef: { name: "log", key: "key" } };
  const mount = (name: string) => ({ name, mountPath: `/var/${name}` });
  const env = [
    ...(has("secret") ? [{ key: "secret", valueFrom: { secretRef } }] : []),
    ...(has("vault") ? [{ key: "vault", valueFrom: vault }] : []),
  ];
  const files = [
    ...(has("file") ? [{ key: "a", mountPath: "/etc", value: "x" }] : []),
    ...(has("secret-file") ? [{ key: "b", mountPath: "/etc", valueFrom: { secretRef } }] : []),
  ];
  const volumes = {
    ...(has("volume") ? { volume: { persistent: { size: "1Gi", accessModes: ["ReadWriteMany"] } } } : {}),
    ...(has("scratch") ? { scratch: { emptyDir: {} } } : {}),
  };
  const names = Object.keys(volumes);
  const container = { ...(files.length > 0 && { files }), ...(names.length > 0 && { volumeMounts: names.map(mount) }) };
  return { env, container, volumes: names.length > 0 ? volumes : undefined };
}

function apisOf({ endpoints: served, levels }: ComponentModel): Readonly<Record<string, unknown>> {
  const routed = served.filter(({ type }) => isRouted(type));
  return Object.fromEntries(
    routed.map(({ endpoint, type, port }) => [
      endpoint,
      { type, rest: { backend: { port, basePath: `/${endpoint}` }, exposeLevels: levels } },
    ]),
  );
}
