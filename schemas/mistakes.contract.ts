/**
 * For tests: mistakes that people make, each one change to an example of `fixtures/examples`, with the field that is at
 * fault. Whoever reads documents is held against them: `gitplane validate`, the JSON Schemas and the CRDs of an API server.
 */
import type { KindName } from "./kinds.ts";

export type Mistake = {
  readonly title: string;
  readonly kind: KindName;
  /** The field that is changed, from the document's root. */
  readonly at: string;
  /** What stands there instead; undefined takes the field away. */
  readonly value: unknown;
  /** The field at fault, where it is not the changed one. */
  readonly path?: string;
  /** Where an API server can point only to something above the field. */
  readonly server?: { readonly path: string; readonly why: string };
  /** Why a JSON Schema cannot know it. */
  readonly unknownToEditors?: string;
};

const ruleOfRecord = "a rule about keys stands at the record, and its error too";
const itemOfMap = "it names the item that stands twice, not its key";
const otherFields = "it compares fields";
const noCode = "it is refused by code, not by the schema";

const main = "spec.containers.main";
const template = "spec.deploymentTemplate.template.spec.containers";

export const mistakes: readonly Mistake[] = [
  {
    title: "a namespace of the cluster's own as a cell",
    kind: "Project",
    at: "spec.environments.production.namespace",
    value: "kube-system",
  },
  ...["default", "cert-manager", "external-secrets", "istio-system", "cilium", "cilium-secrets", "gitplane-agent"].map(
    (value) => ({
      title: `the namespace ${value} as a cell`,
      kind: "Project" as const,
      at: "spec.environments.production.namespace",
      value,
    }),
  ),
  {
    title: "labels for a namespace that is not made here",
    kind: "Project",
    at: "spec.environments.production.labels",
    value: { a: "b" },
    server: { path: "spec.environments.production", why: "the rule compares fields" },
    unknownToEditors: otherFields,
  },
  { title: "a level of pod security that is none", kind: "DataPlane", at: "spec.cell.podSecurity", value: "strict" },
  {
    title: "a quota that is no quantity",
    kind: "DataPlane",
    at: "spec.cell.quota",
    value: { pods: "many" },
    path: "spec.cell.quota.pods",
  },
  {
    title: "one DataPlane and several",
    kind: "Environment",
    at: "spec.dataPlaneRefs",
    value: ["development", "staging"],
    path: "spec",
  },
  { title: "a DataPlane twice", kind: "Environment", at: "spec.dataPlaneRefs", value: ["eu", "us", "eu"] },
  { title: "no DataPlane at all", kind: "Environment", at: "spec.dataPlaneRefs", value: [] },
  {
    title: "a plane's override that is none",
    kind: "ServiceBinding",
    at: "spec.planeOverrides",
    value: { eu: { replica: 3 } },
    path: "spec.planeOverrides.eu.replica",
  },
  {
    title: "a name server that is pods and addresses at once",
    kind: "DataPlane",
    at: "spec.nameServers.0",
    value: { namespace: "kube-system", cidr: "10.0.0.0/8" },
  },
  {
    title: "a name server that is nothing but a port",
    kind: "DataPlane",
    at: "spec.nameServers.0",
    value: { port: 53 },
  },
  {
    title: "addresses with labels",
    kind: "DataPlane",
    at: "spec.nameServers.0",
    value: { cidr: "10.0.0.0/8", labels: { app: "dns" } },
    path: "spec.nameServers.0.labels",
    unknownToEditors: otherFields,
  },
  {
    title: "a name server by a word that nobody knows",
    kind: "DataPlane",
    at: "spec.nameServers.0",
    value: { entity: "world" },
    path: "spec.nameServers.0.entity",
  },
  {
    title: "a guest's domain with a path",
    kind: "DataPlane",
    at: "spec.gateway.manage",
    value: { external: { http: {}, guestDomains: { globex: ["shop.example/v1"] } } },
    path: "spec.gateway.manage.external.guestDomains.globex.0",
  },
  { title: "policies for another network", kind: "DataPlane", at: "spec.networkPolicy", value: "Calico" },
  {
    title: "two bounds for containers",
    kind: "DataPlane",
    at: "spec.cell.limits",
    value: [{ type: "Container" }, { type: "Container" }],
    unknownToEditors: otherFields,
  },
  {
    title: "a toleration of everything that does not say so",
    kind: "Environment",
    at: "spec.cell.scheduling.tolerations",
    value: [{ effect: "NoSchedule" }],
    path: "spec.cell.scheduling.tolerations.0",
    unknownToEditors: otherFields,
  },
  {
    title: "a least number of places for pods that are started anyway",
    kind: "Environment",
    at: "spec.cell.scheduling.topologySpreadConstraints",
    value: [{ topologyKey: "zone", maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway", minDomains: 2 }],
    path: "spec.cell.scheduling.topologySpreadConstraints.0.minDomains",
    unknownToEditors: otherFields,
  },
  {
    title: "a connection to a host and to a component",
    kind: "Workload",
    at: "spec.connections.rates.params.componentName",
    value: "rates",
    server: { path: "spec.connections.rates.params", why: "the rule compares fields" },
    unknownToEditors: otherFields,
  },
  {
    title: "a connection to nowhere",
    kind: "Workload",
    at: "spec.connections.rates.params.host",
    value: undefined,
    path: "spec.connections.rates.params",
    unknownToEditors: otherFields,
  },
  {
    title: "an address as a host",
    kind: "Workload",
    at: "spec.connections.rates.params.host",
    value: "192.0.2.7",
  },
  {
    title: "a host of the cluster as one outside",
    kind: "Workload",
    at: "spec.connections.rates.params.host",
    value: "catalog.shop.svc",
  },
  { title: "a field that is not there", kind: "Organization", at: "spec", value: { owner: "Ada" }, path: "spec.owner" },
  { title: "a name in upper case", kind: "Organization", at: "metadata.name", value: "Acme" },
  { title: "a host with a wildcard", kind: "DataPlane", at: "spec.gateway.publicVirtualHost", value: "*.acme.example" },
  {
    title: "credentials of the cluster",
    kind: "DataPlane",
    at: "spec.kubernetesCluster.credentials",
    value: { apiServerURL: "https://10.0.0.1", clientKey: "c2VjcmV0" },
    unknownToEditors: noCode,
  },
  {
    title: "credentials of an observer",
    kind: "DataPlane",
    at: "spec.observer",
    value: { url: "https://observer.acme.example", authentication: { basicAuth: { username: "a", password: "b" } } },
    path: "spec.observer.authentication",
    unknownToEditors: noCode,
  },
  {
    title: "a name too long for the label of a plane",
    kind: "DataPlane",
    at: "metadata.name",
    value: "p".repeat(57),
    unknownToEditors: otherFields,
  },
  { title: "a registry without prefix", kind: "DataPlane", at: "spec.registry.prefix", value: undefined },
  { title: "a cluster without name", kind: "BuildPlane", at: "spec.kubernetesCluster.name", value: undefined },
  {
    title: "an address that is no URL",
    kind: "ObservabilityPlane",
    at: "spec.observerURL",
    value: "observer.acme.example",
  },
  { title: "a prefix with a dot", kind: "Environment", at: "spec.gateway.dnsPrefix", value: "dev.eu" },
  { title: "a word for a truth value", kind: "Environment", at: "spec.isProduction", value: "yes" },
  {
    title: "a promotion to where it comes from",
    kind: "DeploymentPipeline",
    at: "spec.promotionPaths.0.targetEnvironmentRefs.0.name",
    value: "development",
    path: "spec.promotionPaths",
    unknownToEditors: otherFields,
  },
  {
    title: "a promotion to nowhere",
    kind: "DeploymentPipeline",
    at: "spec.promotionPaths.0.targetEnvironmentRefs",
    value: undefined,
  },
  {
    title: "a target without name",
    kind: "DeploymentPipeline",
    at: "spec.promotionPaths.0.targetEnvironmentRefs.0.name",
    value: undefined,
  },
  { title: "no pipeline", kind: "Project", at: "spec.deploymentPipelineRef", value: undefined },
  { title: "a misspelt field", kind: "Project", at: "spec.deploymentPipeline", value: "default" },
  { title: "a misspelt field of a container", kind: "ServiceClass", at: `${template}.0.resourcs`, value: {} },
  { title: "a number in words", kind: "ServiceClass", at: "spec.deploymentTemplate.replicas", value: "two" },
  { title: "a quantity in words", kind: "ServiceClass", at: `${template}.0.resources.requests.cpu`, value: "a lot" },
  { title: "a quantity that is a list", kind: "ServiceClass", at: `${template}.0.resources.requests.cpu`, value: [1] },
  {
    title: "a quantity that is a truth value",
    kind: "ServiceClass",
    at: `${template}.0.resources.limits.memory`,
    value: true,
  },
  { title: "fewer pods than none", kind: "ServiceClass", at: "spec.deploymentTemplate.replicas", value: -1 },
  {
    title: "a probe of a port that cannot be",
    kind: "ServiceClass",
    at: `${template}.0.livenessProbe`,
    value: { httpGet: { port: 99_999 } },
    path: `${template}.0.livenessProbe.httpGet.port`,
  },
  {
    title: "a probe of a port whose name cannot be",
    kind: "ServiceClass",
    at: `${template}.0.livenessProbe`,
    value: { tcpSocket: { port: "Web_UI" } },
    path: `${template}.0.livenessProbe.tcpSocket.port`,
  },
  {
    title: "less than no memory",
    kind: "ServiceClass",
    at: `${template}.0.resources.requests.memory`,
    value: "-64Mi",
  },
  { title: "less than no cpu", kind: "ServiceClass", at: `${template}.0.resources.requests.cpu`, value: -0.5 },
  {
    title: "two containers of one name",
    kind: "ServiceClass",
    at: `${template}.1`,
    value: { name: "main" },
    unknownToEditors: otherFields,
  },
  {
    title: "a pull policy that Kubernetes does not know",
    kind: "ServiceClass",
    at: `${template}.0.imagePullPolicy`,
    value: "Sometimes",
  },
  {
    title: "half a pod",
    kind: "WebApplicationClass",
    at: "spec.deploymentTemplate.strategy.rollingUpdate.maxSurge",
    value: 1.5,
  },
  {
    title: "a Service type that Kubernetes does not know",
    kind: "WebApplicationClass",
    at: "spec.serviceTemplate",
    value: { type: "External" },
    path: "spec.serviceTemplate.type",
  },
  {
    title: "a minute that no hour has",
    kind: "ScheduledTaskClass",
    at: "spec.cronJobTemplate.schedule",
    value: "61 * * * *",
  },
  {
    title: "a schedule with its zone",
    kind: "ScheduledTaskClass",
    at: "spec.cronJobTemplate.schedule",
    value: "TZ=UTC 0 1 * * *",
  },
  { title: "no schedule", kind: "ScheduledTaskClass", at: "spec.cronJobTemplate.schedule", value: undefined },
  { title: "a field in lower case", kind: "ScheduledTaskClass", at: "spec.cronJobTemplate.timezone", value: "UTC" },
  { title: "no template", kind: "ScheduledTaskClass", at: "spec.cronJobTemplate", value: undefined },
  { title: "no request at all", kind: "APIClass", at: "spec.restPolicy.defaults.rateLimit.requests", value: 0 },
  {
    title: "a duration in words",
    kind: "APIClass",
    at: "spec.restPolicy.defaults.rateLimit.window",
    value: "1 minute",
  },
  {
    title: "an unknown way to prove who one is",
    kind: "APIClass",
    at: "spec.restPolicy.public.authentication.type",
    value: "token",
  },
  {
    title: "a block larger than the address",
    kind: "APIClass",
    at: "spec.restPolicy.public.security.blockedIPs.0",
    value: "192.0.2.0/33",
  },
  {
    title: "keys in a file",
    kind: "APIClass",
    at: "spec.restPolicy.public.authentication.jwt.jwks",
    value: "file:///keys.json",
  },
  { title: "an answer from the past", kind: "APIClass", at: "spec.restPolicy.public.cors.maxAge", value: -1 },
  { title: "an empty key", kind: "ConfigurationGroup", at: "spec.configurations.0.key", value: "" },
  {
    title: "a value in two places",
    kind: "ConfigurationGroup",
    at: "spec.configurations.0.values.0.vaultKey",
    value: "db",
    path: "spec.configurations.0.values.0",
  },
  {
    title: "a value for no environment",
    kind: "ConfigurationGroup",
    at: "spec.configurations.0.values.1.environmentGroupRef",
    value: undefined,
    path: "spec.configurations.0.values.1",
  },
  {
    title: "one key twice",
    kind: "ConfigurationGroup",
    at: "spec.configurations.1",
    value: { key: "host", values: [] },
    path: "spec.configurations.1.key",
    server: { path: "spec.configurations.1", why: itemOfMap },
    unknownToEditors: otherFields,
  },
  {
    title: "one key twice",
    kind: "SecretReference",
    at: "spec.data.1",
    value: { secretKey: "password", remoteRef: { key: "other" } },
    path: "spec.data.1.secretKey",
    server: { path: "spec.data.1", why: itemOfMap },
    unknownToEditors: otherFields,
  },
  { title: "a secret without keys", kind: "SecretReference", at: "spec.data", value: [] },
  { title: "a duration without unit", kind: "SecretReference", at: "spec.refreshInterval", value: "60" },
  {
    title: "a name that starts with a digit",
    kind: "Component",
    at: "metadata.name",
    value: "1st",
    unknownToEditors: noCode,
  },
  { title: "a misspelt type", kind: "Component", at: "spec.type", value: "Servce" },
  { title: "a project with a dot", kind: "Component", at: "spec.owner.projectName", value: "shop.eu" },
  { title: "no container", kind: "Workload", at: "spec.containers", value: {} },
  {
    title: "a container in upper case",
    kind: "Workload",
    at: "spec.containers.Side",
    value: { image: "images.acme.example/side:1" },
    server: { path: "spec.containers", why: ruleOfRecord },
  },
  {
    title: "an endpoint with an underscore",
    kind: "Workload",
    at: "spec.endpoints.my_api",
    value: { type: "REST", port: 8081 },
    server: { path: "spec.endpoints", why: ruleOfRecord },
  },
  {
    title: "a connection with a dot",
    kind: "Workload",
    at: "spec.connections",
    value: { "Stock API": { type: "api", params: { componentName: "stock", endpoint: "api" }, inject: { env: [] } } },
    path: "spec.connections.Stock API",
    server: { path: "spec.connections", why: ruleOfRecord },
  },
  { title: "a port beyond the last", kind: "Workload", at: "spec.endpoints.api.port", value: 70_000 },
  { title: "a type in lower case", kind: "Workload", at: "spec.endpoints.api.type", value: "http" },
  { title: "an image with a space", kind: "Workload", at: `${main}.image`, value: "catalog: 1.4.0" },
  { title: "no image", kind: "Workload", at: `${main}.image`, value: undefined },
  {
    title: "a variable with two values",
    kind: "Workload",
    at: `${main}.env.1.value`,
    value: "db",
    path: `${main}.env.1`,
  },
  {
    title: "a variable without value",
    kind: "Workload",
    at: `${main}.env.0.value`,
    value: undefined,
    path: `${main}.env.0`,
  },
  { title: "a variable with a space", kind: "Workload", at: `${main}.env.0.key`, value: "MY PORT" },
  { title: "a number for a text", kind: "Workload", at: `${main}.env.0.value`, value: 8080 },
  {
    title: "a file with two texts",
    kind: "Workload",
    at: `${main}.files.0.valueFrom`,
    value: { secretRef: { name: "database", key: "password" } },
    path: `${main}.files.0`,
  },
  { title: "a file's folder that climbs", kind: "Workload", at: `${main}.files.0.mountPath`, value: "/etc/../root" },
  { title: "a file's name with a slash", kind: "Workload", at: `${main}.files.0.key`, value: "a/b" },
  { title: "a file without a folder", kind: "Workload", at: `${main}.files.0.mountPath`, value: undefined },
  { title: "a probe's field that is not there", kind: "Workload", at: `${main}.readinessProbe.http`, value: {} },
  { title: "a bad quantity", kind: "Workload", at: `${main}.resources.limits.memory`, value: "256Mb" },
  {
    title: "a volume of two kinds",
    kind: "Workload",
    at: "spec.volumes.index.emptyDir",
    value: {},
    path: "spec.volumes.index",
  },
  { title: "a volume of no size", kind: "Workload", at: "spec.volumes.index.persistent.size", value: "0Gi" },
  {
    title: "an unknown access mode",
    kind: "Workload",
    at: "spec.volumes.index.persistent.accessModes",
    value: ["ReadWrite"],
    path: "spec.volumes.index.persistent.accessModes.0",
  },
  { title: "a store in upper case", kind: "DataPlane", at: "spec.secretStoreRef.name", value: "Vault" },
  { title: "a key with a slash", kind: "SecretReference", at: "spec.data.0.secretKey", value: "a/b" },
  {
    title: "an autoscaler without an upper bound",
    kind: "WebApplicationClass",
    at: "spec.hpaTemplate.maxReplicas",
    value: undefined,
  },
  {
    title: "an unknown kind of metric",
    kind: "WebApplicationClass",
    at: "spec.hpaTemplate.metrics.0.type",
    value: "Memory",
  },
  { title: "a share of pods above all", kind: "ServiceClass", at: "spec.pdbTemplate.maxUnavailable", value: "101%" },
  {
    title: "an unknown override to allow",
    kind: "ServiceClass",
    at: "spec.allowedOverrides.0",
    value: "image",
  },
  {
    title: "an unknown override",
    kind: "ServiceBinding",
    at: "spec.environmentOverrides.replica",
    value: 3,
  },
  {
    title: "an override of an image",
    kind: "ServiceBinding",
    at: "spec.environmentOverrides.containers.main.image",
    value: "a",
  },
  { title: "fewer pods than none", kind: "ServiceBinding", at: "spec.environmentOverrides.replicas", value: -1 },
  {
    title: "replicas of a task",
    kind: "ScheduledTaskBinding",
    at: "spec.environmentOverrides",
    value: { replicas: 2 },
    path: "spec.environmentOverrides.replicas",
  },
  {
    title: "a path that climbs",
    kind: "Service",
    at: "spec.apis.api.rest.backend.basePath",
    value: "/catalog/../admin",
  },
  {
    title: "two words on who may call",
    kind: "Service",
    at: "spec.apis.api.exposeLevels",
    value: ["Public"],
    path: "spec.apis.api.rest.exposeLevels",
  },
  { title: "a port of the gateway for HTTP", kind: "Service", at: "spec.apis.api.gatewayPort", value: 5432 },
  {
    title: "HTTP's fields for gRPC",
    kind: "Service",
    at: "spec.apis.api.type",
    value: "gRPC",
    path: "spec.apis.api.rest",
  },
  {
    title: "TCP for the public without a port",
    kind: "ServiceBinding",
    at: "spec.apis.api",
    value: { type: "TCP", exposeLevels: ["Public"] },
    path: "spec.apis.api.exposeLevels",
  },
  { title: "a level in lower case", kind: "Service", at: "spec.apis.api.rest.exposeLevels.0", value: "public" },
  {
    title: "an API in upper case",
    kind: "Service",
    at: "spec.apis.API",
    value: { type: "REST" },
    server: { path: "spec.apis", why: ruleOfRecord },
  },
  { title: "no workload", kind: "WebApplication", at: "spec.workloadName", value: undefined },
  {
    title: "a switch that is a text",
    kind: "ScheduledTask",
    at: "spec.overrides",
    value: { debug: "on" },
    path: "spec.overrides.debug",
  },
  { title: "no repository", kind: "Build", at: "spec.repository.url", value: undefined },
  { title: "a commit that YAML reads as a number", kind: "Build", at: "spec.repository.revision.commit", value: 2193 },
  { title: "a pin that is no hash", kind: "ServiceBinding", at: "spec.classHash", value: "latest" },
  { title: "an unknown state", kind: "ServiceBinding", at: "spec.releaseState", value: "Paused" },
  {
    title: "an API at another port than its endpoint",
    kind: "ServiceBinding",
    at: "spec.apis.api.rest.backend.port",
    value: 9090,
    server: { path: "spec.apis", why: "a rule over two fields stands above both" },
    unknownToEditors: otherFields,
  },
  {
    title: "an API without endpoint",
    kind: "ServiceBinding",
    at: "spec.apis.admin",
    value: { type: "REST" },
    server: { path: "spec.apis", why: "a rule over two fields stands above both" },
    unknownToEditors: otherFields,
  },
  { title: "no environment", kind: "WebApplicationBinding", at: "spec.environment", value: undefined },
  {
    title: "a word between braces that nothing gives",
    kind: "WebApplicationBinding",
    at: "spec.workloadSpec.connections.catalog.inject.env.0.value",
    value: "{{ .hots }}",
  },
  {
    title: "an owner without component",
    kind: "ScheduledTaskBinding",
    at: "spec.owner.componentName",
    value: undefined,
  },
];

type Value = { [key: string]: Value };

/** The example with the mistake in it; the example stays as it is. Throws TypeError where the changed field has no parent. */
export function makeMistake(example: unknown, { at, value }: Pick<Mistake, "at" | "value">): unknown {
  const document = structuredClone(example) as Value; // lists are objects by position
  const steps = at.split(".");
  const last = steps.pop() ?? "";
  const parent = steps.reduce<Value | undefined>((node, step) => node?.[step], document);
  if (parent === undefined) throw new TypeError(`the example has nothing at ${steps.join(".")}`);
  if (value === undefined) delete parent[last];
  else parent[last] = value as Value; // whatever stands there
  return document;
}
