/** Specs whose objects are as large as the definitions of others take them, and by one item or character larger. */
import { componentOf, project, webApplicationOf } from "./gateway-specs.ts";

export type BoundCase = {
  /** Of the component. */
  readonly name: string;
  readonly most: number;
  readonly specs: (count: number) => string;
  readonly kind: string;
  /** Of the object, which at `most` is as large as it may be. */
  readonly field: readonly (string | number)[];
  /** Of the Problem for one more. */
  readonly code: "schema" | "unsupported-value";
};

const port = 80;
const jwks = "https://login.example/keys";
const repeat = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(", ");
const long = (text: string, length: number): string => text.padEnd(length, "a");

type Guarded = Omit<BoundCase, "specs"> & { readonly policy: (count: number) => string; readonly basePath?: string };

/** An API of REST with a class of its own. */
function guarded({ policy, basePath = "/", ...one }: Guarded): BoundCase {
  const api = `rest: {backend: {port: ${port}, basePath: ${basePath}}}`;
  return {
    ...one,
    specs: (count) =>
      componentOf(one.name, { type: "REST", port, api, policy: `{restPolicy: {defaults: ${policy(count)}}}` }),
  };
}

const longBasePath = `/${"b".repeat(500)}`;
/** So that it has the length with the API's own path before it. */
function operationPath(component: string, length: number): string {
  const base = `/default/${project}/${component}${longBasePath}`;
  return long("/", length - base.length);
}

const limit = "rateLimit: {requests: 1, window: 1h}";
const transformed = (count: number, fields: (index: number) => string): string =>
  `{mediation: {requestTransformations: [${repeat(count, (index) => `{${fields(index)}}`)}]}}`;
const modifier = ["spec", "rules", 0, "filters", 0, "requestHeaderModifier"] as const;
const decision = ["spec", "authorization", "rules", 0] as const;
const provider = ["spec", "jwt", "providers", 0] as const;

const policies: readonly Guarded[] = [
  {
    name: "denied",
    most: 1024,
    basePath: longBasePath,
    policy: (count) => `{operations: [{access: Deny, path: {value: ${operationPath("denied", count)}}}]}`,
    kind: "SecurityPolicy",
    field: [...decision, "operation", "path", "value"],
    code: "unsupported-value",
  },
  {
    name: "counted",
    most: 1024,
    basePath: longBasePath,
    policy: (count) => `{operations: [{path: {value: ${operationPath("counted", count)}}, ${limit}}]}`,
    kind: "BackendTrafficPolicy",
    field: ["spec", "rateLimit", "local", "rules", 0, "clientSelectors", 0, "path", "value"],
    code: "unsupported-value",
  },
  {
    name: "scoped",
    most: 6,
    policy: (count) =>
      `{authentication: {type: oauth2, jwt: {jwks: "${jwks}"}, oauth2: {scopes: [${repeat(10, (index) => `p${index}`)}]}}, operations: [{methods: [GET], scopes: [${repeat(count, (index) => `s${index}`)}]}]}`,
    kind: "SecurityPolicy",
    field: [...decision, "principal", "jwt", "scopes"],
    code: "unsupported-value",
  },
  {
    name: "methods",
    most: 16,
    policy: (count) => `{operations: [{access: Deny, methods: [${repeat(count, () => "GET")}]}]}`,
    kind: "SecurityPolicy",
    field: [...decision, "operation", "methods"],
    code: "unsupported-value",
  },
  {
    name: "set",
    most: 16,
    policy: (count) => transformed(count, (index) => `action: setHeader, headerName: X-${index}, headerValue: a`),
    kind: "HTTPRoute",
    field: [...modifier, "set"],
    code: "unsupported-value",
  },
  {
    name: "added",
    most: 16,
    policy: (count) => transformed(count, (index) => `action: addHeader, headerName: X-${index}, headerValue: a`),
    kind: "HTTPRoute",
    field: [...modifier, "add"],
    code: "unsupported-value",
  },
  {
    name: "removed",
    most: 16,
    policy: (count) => transformed(count, (index) => `action: removeHeaders, headers: [X-${index}]`),
    kind: "HTTPRoute",
    field: [...modifier, "remove"],
    code: "unsupported-value",
  },
  {
    name: "header-value",
    most: 4096,
    policy: (count) => transformed(1, () => `action: setHeader, headerName: X-A, headerValue: ${long("", count)}`),
    kind: "HTTPRoute",
    field: [...modifier, "set", 0, "value"],
    code: "schema",
  },
  {
    name: "limits",
    most: 15,
    policy: (count) => `{${limit}, operations: [${repeat(count, (index) => `{path: {value: /${index}}, ${limit}}`)}]}`,
    kind: "BackendTrafficPolicy",
    field: ["spec", "rateLimit", "local", "rules"],
    code: "schema",
  },
  {
    name: "audiences",
    most: 8,
    policy: (count) =>
      `{authentication: {type: jwt, jwt: {jwks: "${jwks}", audience: [${repeat(count, (index) => `a${index}`)}]}}}`,
    kind: "SecurityPolicy",
    field: [...provider, "audiences"],
    code: "schema",
  },
  {
    name: "issuer",
    most: 253,
    policy: (count) => `{authentication: {type: jwt, jwt: {jwks: "${jwks}", issuer: ${long("", count)}}}}`,
    kind: "SecurityPolicy",
    field: [...provider, "issuer"],
    code: "schema",
  },
  {
    name: "jwks",
    most: 253,
    policy: (count) => `{authentication: {type: jwt, jwt: {jwks: "${long(`${jwks}/`, count)}"}}}`,
    kind: "SecurityPolicy",
    field: [...provider, "remoteJWKS", "uri"],
    code: "schema",
  },
  {
    name: "scope",
    most: 253,
    policy: (count) =>
      `{authentication: {type: oauth2, jwt: {jwks: "${jwks}"}, oauth2: {scopes: [${long("", count)}]}}}`,
    kind: "SecurityPolicy",
    field: [...decision, "principal", "jwt", "scopes", 0],
    code: "schema",
  },
  {
    name: "origin",
    most: 253,
    policy: (count) => `{cors: {allowOrigins: ["${long("https://", count)}"]}}`,
    kind: "SecurityPolicy",
    field: ["spec", "cors", "allowOrigins", 0],
    code: "schema",
  },
];

const owned = (name: string): string => `owner: {projectName: ${project}, componentName: ${name}}`;

function document(kind: string, name: string, spec: string): string {
  return `apiVersion: openchoreo.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
}

/** `endpoint` is called `api` or `web`. */
function bound(
  kind: string,
  name: string,
  endpoint: { readonly name: string; readonly type: string; readonly hosts: number },
): string {
  const workload = `{containers: {main: {image: example.test/app:1}}, endpoints: {${endpoint.name}: {type: ${endpoint.type}, port: ${port}}}}`;
  const domains = `{${endpoint.name}: [${repeat(endpoint.hosts, (index) => `d${index}.${name}.example`)}]}`;
  return document(
    `${kind}Binding`,
    `${name}-dev`,
    `{${owned(name)}, environment: dev, domains: ${domains}, workloadSpec: ${workload}}`,
  );
}

const others: readonly BoundCase[] = [
  {
    name: "hosts",
    most: 16,
    // One that every web application has.
    specs: (count) =>
      [
        webApplicationOf("hosts", port),
        bound("WebApplication", "hosts", { name: "web", type: "HTTP", hosts: count - 1 }),
      ].join("---\n"),
    kind: "HTTPRoute",
    field: ["spec", "hostnames"],
    code: "unsupported-value",
  },
  {
    name: "calls",
    most: 16,
    specs: (count) =>
      [
        componentOf("calls", { type: "gRPC", port }),
        bound("Service", "calls", { name: "api", type: "gRPC", hosts: count }),
      ].join("---\n"),
    kind: "GRPCRoute",
    field: ["spec", "hostnames"],
    code: "schema",
  },
  {
    name: "ports",
    most: 40,
    specs: (count) => {
      const endpoints = repeat(count, (index) => `e${index}: {type: REST, port: ${1000 + index}}`);
      const apis = repeat(
        count,
        (index) =>
          `e${index}: {type: REST, exposeLevels: [Public], rest: {backend: {port: ${1000 + index}, basePath: e${index}}}}`,
      );
      return [
        document("Component", "ports", `{owner: {projectName: ${project}}, type: Service}`),
        document(
          "Workload",
          "ports",
          `{${owned("ports")}, containers: {main: {image: example.test/app:1}}, endpoints: {${endpoints}}}`,
        ),
        document("Service", "ports", `{${owned("ports")}, workloadName: ports, apis: {${apis}}}`),
      ].join("---\n");
    },
    kind: "CiliumNetworkPolicy",
    field: ["spec", "ingress", 0, "toPorts", 0, "ports"],
    code: "unsupported-value",
  },
];

export const boundCases: readonly BoundCase[] = [...policies.map(guarded), ...others];
