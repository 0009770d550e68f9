/**
 * A platform of any size, as an organization would have written it: projects with components that call each other within and
 * across projects, several classes, three environments. Development follows the claims; staging and production are written
 * Bindings with an older image and a pinned class, production's kept only under `.gitplane/frozen/`. The same numbers give
 * the same bytes.
 */
import { createHash } from "node:crypto";
import { dump } from "js-yaml";
import { compareText } from "../../schemas/compare.ts";
import { apiVersion } from "../../schemas/metadata.ts";

export type PlatformSize = {
  readonly projects: number;
  readonly components: number;
  /** Whether Bindings follow their class, instead of pinning a frozen body of it. Default false. */
  readonly isUnpinned?: boolean;
};

const organization = "acme";
export const generatedEnvironments = ["development", "staging", "production"] as const;
const placed = ["staging", "production"] as const;
const classKinds = ["ServiceClass", "WebApplicationClass"] as const;
const classNames = ["default", "busy", "careful"] as const;
type ClassName = (typeof classNames)[number];
/** What sets one year's classes apart from another's; the class of staging has not been edited since. */
const currentLimitMi = 256;
const pinnedLimitMi = { staging: currentLimitMi, production: 192 } as const;

/** Text of every file by its path. Components are spread over the projects evenly; the number of components is exact. */
export function generatePlatform(size: PlatformSize): ReadonlyMap<string, string> {
  const members = Array.from({ length: size.components }, (_, number) => describeMember(number, size));
  return new Map([
    ...platformFiles(),
    ...classFiles(),
    ...Array.from({ length: size.projects }, (_, project): readonly [string, string] => [
      `${projectName(project)}/project.yaml`,
      documents([document("Project", projectName(project), { deploymentPipelineRef: "standard" })]),
    ]),
    ...members.flatMap((member) => [
      applicationFile(member, size),
      ...placed.map((one) => bindingFile(member, size, one)),
    ]),
  ]);
}

type Member = {
  readonly number: number;
  readonly project: string;
  readonly name: string;
  readonly claim: "Service" | "WebApplication";
  readonly className: ClassName;
};

/** One in five is a web application, which nothing connects to. */
function describeMember(number: number, { projects }: PlatformSize): Member {
  const claim = (number + Math.floor(number / projects)) % 5 === 4 ? "WebApplication" : "Service";
  return {
    number,
    project: projectName(number % projects),
    name: `${claim === "Service" ? "service" : "web"}-${String(number).padStart(4, "0")}`,
    claim,
    className: classNames[number % classNames.length] ?? "default",
  };
}

function projectName(project: number): string {
  return `team-${String(project).padStart(2, "0")}`;
}

function document(kind: string, name: string, spec: unknown): unknown {
  return { apiVersion, kind, metadata: { name, namespace: organization }, spec };
}

function documents(values: readonly unknown[], comment = ""): string {
  return comment + values.map((value) => dump(value, { lineWidth: -1, noRefs: true })).join("---\n");
}

function platformFiles(): readonly (readonly [string, string])[] {
  const gateway = { publicVirtualHost: "apps.acme.example", organizationVirtualHost: "internal.acme.example" };
  const planes = generatedEnvironments.map((name) =>
    document("DataPlane", name, { gateway, networkPolicy: "Kubernetes" }),
  );
  const environments = generatedEnvironments.map((name) =>
    document("Environment", name, {
      dataPlaneRef: name,
      isProduction: name === "production",
      gateway: { dnsPrefix: name === "production" ? "www" : name },
    }),
  );
  const promotionPaths = [
    { sourceEnvironmentRef: "development", targetEnvironmentRefs: [{ name: "staging" }] },
    { sourceEnvironmentRef: "staging", targetEnvironmentRefs: [{ name: "production", requiresApproval: true }] },
  ];
  return [
    ["platform/organization.yaml", documents([{ apiVersion, kind: "Organization", metadata: { name: organization } }])],
    ["platform/planes.yaml", documents(planes)],
    ["platform/environments.yaml", documents(environments)],
    ["platform/pipeline.yaml", documents([document("DeploymentPipeline", "standard", { promotionPaths })])],
  ];
}

/** The classes as they are now, and the bodies that Bindings have pinned under their hashes. */
function classFiles(): readonly (readonly [string, string])[] {
  const bodies = classKinds.flatMap((kind) => classNames.map((name) => ({ kind, name })));
  const current = bodies.map(({ kind, name }) =>
    document(kind, name, classSpec({ kind, name, limitMi: currentLimitMi })),
  );
  const frozen = bodies.flatMap((body) => placed.map((place) => ({ ...body, limitMi: pinnedLimitMi[place] })));
  return [
    ["platform/classes.yaml", documents([...current, document("APIClass", "default", {})])],
    ...frozen.map((body): readonly [string, string] => [
      `.gitplane/frozen/${classHash(classSpec(body))}.yaml`,
      documents([document(body.kind, body.name, classSpec(body))], "# Kept for the Bindings that have pinned it.\n"),
    ]),
  ];
}

type ClassBody = { readonly kind: (typeof classKinds)[number]; readonly name: ClassName; readonly limitMi: number };

/** What a platform team writes: resources, a hardened container, spreading, a probe, a volume. */
function classSpec({ kind, name, limitMi }: ClassBody): unknown {
  const container = {
    name: "main",
    resources: {
      requests: { cpu: name === "busy" ? "200m" : "50m", memory: "64Mi" },
      limits: { memory: `${limitMi}Mi` },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
    },
    env: [{ name: "CLASS", value: `${kind}/${name}` }],
    volumeMounts: [{ name: "scratch", mountPath: "/tmp" }],
    readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 10 },
  };
  return {
    deploymentTemplate: {
      replicas: name === "default" ? 1 : 2,
      revisionHistoryLimit: 3,
      template: {
        metadata: { annotations: { "acme.example/class": name } },
        spec: { containers: [container], volumes: [{ name: "scratch", emptyDir: {} }], serviceAccountName: name },
      },
    },
    serviceTemplate: { type: "ClusterIP" },
  };
}

/** The pin as the design defines it: SHA-256 over the spec as JSON with sorted keys, 32 hexadecimal digits. */
function classHash(spec: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sortKeys(spec)))
    .digest("hex")
    .slice(0, 32);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** Component, Workload and claim of one component, as people keep them: in one file. */
function applicationFile(member: Member, size: PlatformSize): readonly [string, string] {
  const owner = { projectName: member.project, componentName: member.name };
  const claim = { owner, workloadName: member.name, className: member.className };
  return [
    `${member.project}/${member.name}.yaml`,
    documents([
      document("Component", member.name, { owner: { projectName: member.project }, type: member.claim }),
      document("Workload", member.name, { owner, ...workload(member, size, "1.4.0") }),
      document(member.claim, member.name, { ...claim, ...apis(member) }),
    ]),
  ];
}

function bindingFile(
  member: Member,
  size: PlatformSize,
  environment: (typeof placed)[number],
): readonly [string, string] {
  const kind = member.claim === "Service" ? "ServiceClass" : "WebApplicationClass";
  const pinned = classSpec({ kind, name: member.className, limitMi: pinnedLimitMi[environment] });
  const spec = {
    owner: { projectName: member.project, componentName: member.name },
    environment,
    className: member.className,
    ...(size.isUnpinned === true ? {} : { classHash: classHash(pinned) }),
    workloadSpec: workload(member, size, environment === "staging" ? "1.3.0" : "1.2.7"),
    ...apis(member),
  };
  const name = `${member.name}-${environment}`;
  return [
    `${member.project}/bindings/${name}.yaml`,
    documents(
      [document(`${member.claim}Binding`, name, spec)],
      `# ${member.name} as it was promoted to ${environment}.\n`,
    ),
  ];
}

function workload(member: Member, size: PlatformSize, version: string): object {
  const env = ["PORT", "LOG_LEVEL", "REGION", "FEATURES"].map((key) => ({
    key,
    value: key === "PORT" ? "8080" : `${key.toLowerCase()} of ${member.name}`,
  }));
  const rest = { type: "REST", port: 8080, schema: { type: "REST", content: openApi(member.name) } };
  const connections = connectionsOf(member, size);
  return {
    containers: { main: { image: `images.acme.example/${member.project}/${member.name}:${version}`, env } },
    endpoints:
      member.claim === "Service"
        ? { api: rest, rpc: { type: "gRPC", port: 9090 } }
        : { page: { type: "HTTP", port: 8080 } },
    ...(connections === undefined ? {} : { connections }),
  };
}

function openApi(title: string): string {
  return dump({
    openapi: "3.0.3",
    info: { title, version: "1.0.0" },
    paths: { "/items": { get: { summary: "List" } } },
  });
}

/** To the service before it in its project, and to one of another team that shows itself to the organization. */
function connectionsOf(member: Member, size: PlatformSize): object | undefined {
  const before = member.number - size.projects - 1;
  const targets = [member.number - size.projects, before - (before % 2)]
    .filter((number) => number >= 0)
    .map((number) => describeMember(number, size))
    .filter(({ claim }) => claim === "Service");
  if (targets.length === 0) return undefined;
  return Object.fromEntries(
    targets.map(({ project, name }, position) => [
      name,
      {
        type: "api",
        params: {
          projectName: project,
          componentName: name,
          // The other endpoint is its own team's only.
          endpoint: project === member.project ? (position === 0 ? "api" : "rpc") : "api",
        },
        inject: {
          env: [
            { name: `PEER_${position}_URL`, value: "{{ .url }}" },
            { name: `PEER_${position}_ADDRESS`, value: "{{ .host }}:{{ .port }}" },
          ],
        },
      },
    ]),
  );
}

function apis(member: Member): object {
  if (member.claim !== "Service") return {};
  const exposeLevels = member.number % 2 === 0 ? ["Organization", "Public"] : ["Project"];
  const rest = { backend: { port: 8080, basePath: "/v1" }, exposeLevels };
  return { apis: { api: { type: "REST", rest } } };
}
