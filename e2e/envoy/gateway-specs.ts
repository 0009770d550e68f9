/** Specs of a plane whose components show one thing of the gateways each, by the component's name. */
import type { PlaneId } from "../../schemas/layout.ts";
import { cellNamespace } from "../../schemas/names.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";

export const organization = "default";
/** It brings the gateways. */
export const plane: PlaneId = { kind: "data", organization, name: "eu" };
export const project = "edge";
export const environment = "dev";
export const publicHost = "dev.apps.example";
export const innerHost = "dev.inner.example";
export const cell = cellNamespace({ organization, project, environment });

export type Exposed = {
  readonly type: string;
  readonly port: number;
  /** To whom it is exposed. Default: to everybody. */
  readonly levels?: string;
  /** Further fields of the API, in flow style. */
  readonly api?: string;
  /** Of the class: all of its spec. */
  readonly policy?: string;
};

function document(kind: string, name: string, spec: string): string {
  return `apiVersion: openchoreo.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
}

/** The organization and the plane around them; `gateway` is the plane's, in flow style. */
export function platformOf(gateway: string): string {
  return [
    `apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata: {name: ${organization}}\n`,
    document(
      "DataPlane",
      plane.name,
      `{networkPolicy: Kubernetes, secretStoreRef: {name: vault}, gateway: ${gateway}}`,
    ),
    document("Environment", environment, `{dataPlaneRef: ${plane.name}}`),
    document(
      "DeploymentPipeline",
      "line",
      "{promotionPaths: [{sourceEnvironmentRef: dev, targetEnvironmentRefs: []}]}",
    ),
    document("ServiceClass", "default", "{}"),
    document("WebApplicationClass", "default", "{}"),
    document("APIClass", "default", "{}"),
    document("Project", project, "{deploymentPipelineRef: line}"),
  ].join("---\n");
}

/** The same of another organization. */
export function platformOfGuest(guest: string, gateway: string): string {
  return platformOf(gateway)
    .replace(`metadata: {name: ${organization}}`, `metadata: {name: ${guest}}`)
    .replaceAll(/(kind: (?!Organization)\w+\nmetadata: \{)/g, `$1namespace: ${guest}, `);
}

/** What keeps one value, as the entry `<name>` of the plane's store. */
export function secretReferenceOf(name: string, key: string): string {
  return document("SecretReference", name, `{data: [{secretKey: ${key}, remoteRef: {key: ${name}}}]}`);
}

/** A component of one endpoint `api`. */
export function componentOf(name: string, exposed: Exposed): string {
  const { type, port, levels = "[Public, Organization]", api = "", policy = "{}" } = exposed;
  const owner = `owner: {projectName: ${project}, componentName: ${name}}`;
  const endpoint = type === "TLS" ? "TCP" : type;
  const fields = `exposeLevels: ${levels}${api === "" ? "" : `, ${api}`}`;
  return [
    document("APIClass", name, policy),
    document("Component", name, `{owner: {projectName: ${project}}, type: Service}`),
    document(
      "Workload",
      name,
      `{${owner}, containers: {main: {image: example.test/app:1}}, endpoints: {api: {type: ${endpoint}, port: ${port}}}}`,
    ),
    document(
      "Service",
      name,
      `{${owner}, workloadName: ${name}, apis: {api: {type: ${type}, className: ${name}, ${fields}}}}`,
    ),
  ].join("---\n");
}

export function webApplicationOf(name: string, port: number): string {
  const owner = `owner: {projectName: ${project}, componentName: ${name}}`;
  return [
    document("Component", name, `{owner: {projectName: ${project}}, type: WebApplication}`),
    document(
      "Workload",
      name,
      `{${owner}, containers: {main: {image: example.test/app:1}}, endpoints: {web: {type: HTTP, port: ${port}}}}`,
    ),
    document("WebApplication", name, `{${owner}, workloadName: ${name}}`),
  ].join("---\n");
}

/** Host of an endpoint that shares none. */
export function ownHost(component: string): string {
  return `api-${component}-${project}-${organization}.${publicHost}`;
}

/** A route that somebody writes without Gitplane: whatever is below the path is led away. */
export function strayRoute(namespace: string, path: string): KubernetesObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "stray", namespace },
    spec: {
      parentRefs: [{ name: "gateway-external", namespace: "openchoreo-data-plane" }],
      hostnames: [publicHost],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: path } }],
          filters: [{ type: "RequestRedirect", requestRedirect: { hostname: "away.example", statusCode: 302 } }],
        },
      ],
    },
  };
}

export function pathOf(component: string, below = ""): string {
  return `/${organization}/${project}/${component}${below}`;
}
