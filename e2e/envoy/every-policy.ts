/** Services that show one policy each, by the service's name: everything that an APIClass may say and Envoy Gateway has. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { secretReferenceOf } from "./gateway-specs.ts";

const jwt = "{jwks: https://login.example/keys, issuer: https://login.example, audience: [a, b]}";
/** Of the class, at every level; by the component that has it. */
export const policies: Readonly<Record<string, string>> = {
  tokens: `{authentication: {type: jwt, jwt: ${jwt}}}`,
  "tokens-of-anybody": "{authentication: {type: jwt, jwt: {jwks: http://login.example/keys, audience: []}}}",
  scopes: `{authentication: {type: oauth2, jwt: ${jwt}, oauth2: {scopes: [read, "api://x/write:all"]}}}`,
  addresses:
    '{security: {allowedIPs: [10.0.0.0/8, 192.0.2.7, "2001:db8::/32", "2001:db8::7", "::/0", "1:2:3:4:5:6:7:8"], blockedIPs: [0.0.0.0/0, "fe80::/10"]}}',
  "scopes-and-addresses": `{authentication: {type: oauth2, jwt: ${jwt}, oauth2: {scopes: [read]}}, security: {allowedIPs: [10.0.0.0/8], blockedIPs: [10.6.6.6]}}`,
  cors: '{cors: {allowOrigins: ["*", https://a.example, "https://*.b.example:8443", "moz-extension://x", "https://*"], allowMethods: [GET, "*"], allowHeaders: [X-A], exposeHeaders: ["*"], maxAge: 31536000}}',
  "cors-that-nobody-keeps": '{cors: {allowOrigins: ["*"], maxAge: 0}}',
  "limit-per-second": "{rateLimit: {requests: 4294967295, window: 1s}}",
  "limit-per-minute": "{rateLimit: {requests: 1, window: 1m}}",
  "limit-per-hour": "{rateLimit: {requests: 1, window: 1h}}",
  "limit-per-day": "{rateLimit: {requests: 1, window: 1d}}",
  "circuit-breaker":
    "{circuitBreaker: {enabled: true, maxConnections: 1, maxPendingRequests: 2, maxParallelRequests: 3, maxParallelRetries: 4294967295}}",
  "circuit-breaker-without-limits": "{circuitBreaker: {enabled: true}}",
  "limit-per-week": "{rateLimit: {requests: 1, window: 7d}}",
  "limit-of-all": "{rateLimit: {requests: 1, window: 365d, scope: Global}}",
  keys: "{authentication: {type: apikey, apikey: {header: X-Key, queryParam: key, secretRef: {name: keys}}}}",
  users: "{authentication: {type: basic, basic: {secretRef: {name: users}}}}",
  headers:
    "{circuitBreaker: {enabled: true}, mediation: {requestTransformations: [{action: addHeader, headerName: X-A, headerValue: a}, {action: setHeader, headerName: X-B, headerValue: 1%}, {action: removeHeaders, headers: [X-C]}], responseTransformations: [{action: addHeader, headerName: X-A, headerValue: a}, {action: setHeader, headerName: X-B, headerValue: b}, {action: removeHeaders, headers: [X-C]}]}}",
  cookies: "{cors: {allowOrigins: [https://a.example], allowCredentials: true}}",
  timeouts: "{timeouts: {request: 99999h, connect: 1ms, idle: 0s}}",
  retries:
    "{retries: {attempts: 100, on: [5xx, gateway-error, reset, reset-before-request, connect-failure, retriable-4xx, refused-stream, cancelled, deadline-exceeded, internal, resource-exhausted, unavailable], statusCodes: [100, 599], perTry: 1s, backoff: {base: 1ms, max: 1h}}}",
  operations: `{authentication: {type: oauth2, jwt: ${jwt}}, rateLimit: {requests: 1, window: 1s}, operations: [{methods: [GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH], path: {type: Exact, value: /a}, scopes: [read], rateLimit: {requests: 1, window: 1m}}, {path: {value: /b}, access: Deny}, {methods: [GET]}]}`,
};

/** A service of the name, and an API of it whose class has the policy at every level. */
export function guardedService(name: string, policy: string): string {
  const owner = `owner: {projectName: default, componentName: ${name}}`;
  const document = (kind: string, spec: string): string =>
    `apiVersion: openchoreo.dev/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec: ${spec}\n`;
  return [
    document("APIClass", `{restPolicy: {defaults: ${policy}}}`),
    document("Component", "{owner: {projectName: default}, type: Service}"),
    document("Workload", `{${owner}, containers: {main: {image: a}}, endpoints: {api: {type: REST, port: 80}}}`),
    document(
      "Service",
      `{${owner}, workloadName: ${name}, apis: {api: {type: REST, className: ${name}, rest: {backend: {port: 80}, exposeLevels: [Public, Organization]}}}}`,
    ),
  ].join("---\n");
}

/** A component for each policy, and the references that some of them name, into a folder that is there. */
export async function writeEveryPolicy(folder: string): Promise<void> {
  const references = [secretReferenceOf("keys", "app"), secretReferenceOf("users", ".htpasswd")];
  await writeFile(join(folder, "references.yaml"), references.join("---\n"));
  for (const [name, policy] of Object.entries(policies))
    await writeFile(join(folder, `${name}.yaml`), guardedService(name, policy));
}
