/** What each policy of an APIClass becomes, and what becomes a Problem so that no route is more open than its class says. */
import { describe, expect, test } from "vitest";
import type { Problem } from "../../schemas/problem.ts";
import { hashParts } from "../../schemas/names.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import type { Rendered } from "../render-specs.ts";
import { doc, endpointOf, renderFilesOf, service } from "../specs-fixture.contract.ts";
import { stored } from "./rendered-service.contract.ts";

const levelHash = (level: string): string => hashParts(["cart", "api", level], 8);
const routeNames = {
  Organization: `cart-api-organization-${levelHash("Organization")}`,
  Public: `cart-api-public-${levelHash("Public")}`,
} as const;
type Level = keyof typeof routeNames;

/** What the classes check callers with. */
const references = ["app", ".htpasswd"].map((key, index) =>
  doc(
    "SecretReference",
    ["keys", "users"][index] ?? "",
    `  data: [{secretKey: ${key}, remoteRef: {key: shop/${index}}}]`,
  ),
);

/** On a plane that counts limits together. */
const counting = stored.map((text) => text.replace("gateway: {", "gateway: {rateLimitService: true, "));

/** One service `cart` whose API of class `guarded` is exposed to both levels, in one environment. */
async function renderClass(restPolicy: string, platform: readonly string[] = counting): Promise<Rendered> {
  const claim =
    "  apis:\n    api:\n      type: REST\n      className: guarded\n      rest:\n        backend: {port: 80}\n        exposeLevels: [Organization, Public]\n";
  return renderFilesOf(
    new Map([
      ["platform.yaml", [...platform, ...references].join("---\n")],
      ["class.yaml", doc("APIClass", "guarded", `  restPolicy:\n${restPolicy}`)],
      ["cart.yaml", service("cart", { workload: endpointOf("api", "REST", 80), claim }).join("---\n")],
    ]),
  );
}

function objectsOf({ releases }: Rendered): readonly KubernetesObject[] {
  return releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
}

/** Kind to spec of one level's policies; their target is checked and left out. */
function policiesOf(rendered: Rendered, level: Level): Readonly<Record<string, unknown>> {
  const policies = objectsOf(rendered).filter(
    ({ apiVersion, metadata }) =>
      apiVersion === "gateway.envoyproxy.io/v1alpha1" && metadata.name === routeNames[level],
  );
  return Object.fromEntries(
    policies.map(({ kind, ...rest }) => {
      const { targetRefs, ...spec } = rest["spec"] as { targetRefs: unknown }; // every policy is rendered with both
      expect(targetRefs).toEqual([{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: routeNames[level] }]);
      return [kind, spec];
    }),
  );
}

const jwt = "{jwks: https://login.example/keys, issuer: https://login.example, audience: [shop, app]}";
const provider = {
  name: "default",
  issuer: "https://login.example",
  audiences: ["shop", "app"],
  remoteJWKS: { uri: "https://login.example/keys" },
};
const anybody = { clientCIDRs: ["0.0.0.0/0", "::/0"] };
const securityPolicy = (spec: unknown) => ({ SecurityPolicy: spec });
const trafficPolicy = (spec: unknown) => ({ BackendTrafficPolicy: spec });
const everything = [{ path: { type: "PathPrefix", value: "/" } }];
const limited = (requests: number, unit: string) =>
  trafficPolicy({ rateLimit: { type: "Local", local: { rules: [{ limit: { requests, unit } }] } } });

describe("a class gives each route", () => {
  test.for([
    { policy: "an empty policy", of: "{}", yields: {} },
    { policy: "empty objects that ask for nothing", of: "{security: {}, mediation: {}}", yields: {} },
    { policy: "a list of no blocked addresses", of: "{security: {blockedIPs: []}}", yields: {} },
    { policy: "TLS that is not required", of: "{security: {requireTLS: false}}", yields: {} },
    {
      policy: "tokens",
      of: `{authentication: {type: jwt, jwt: ${jwt}}}`,
      yields: securityPolicy({ jwt: { providers: [provider] } }),
    },
    {
      policy: "tokens of any issuer for anybody",
      of: "{authentication: {type: jwt, jwt: {jwks: http://login.example/keys, audience: []}}}",
      yields: securityPolicy({
        jwt: { providers: [{ name: "default", remoteJWKS: { uri: "http://login.example/keys" } }] },
      }),
    },
    {
      policy: "tokens with scopes",
      of: `{authentication: {type: oauth2, jwt: ${jwt}, oauth2: {tokenUrl: x, scopes: [read, write]}}}`,
      yields: securityPolicy({
        jwt: { providers: [provider] },
        authorization: {
          defaultAction: "Deny",
          rules: [{ action: "Allow", principal: { jwt: { provider: "default", scopes: ["read", "write"] } } }],
        },
      }),
    },
    {
      policy: "scopes beside tokens, whichever is the type",
      of: `{authentication: {type: jwt, jwt: ${jwt}, oauth2: {scopes: [read]}}}`,
      yields: securityPolicy({
        jwt: { providers: [provider] },
        authorization: {
          defaultAction: "Deny",
          rules: [{ action: "Allow", principal: { jwt: { provider: "default", scopes: ["read"] } } }],
        },
      }),
    },
    {
      policy: "allowed addresses",
      of: '{security: {allowedIPs: [10.0.0.0/8, 192.0.2.7, "2001:db8::/32", "2001:db8::7"]}}',
      yields: securityPolicy({
        authorization: {
          defaultAction: "Deny",
          rules: [
            {
              action: "Allow",
              principal: { clientCIDRs: ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "2001:db8::7/128"] },
            },
          ],
        },
      }),
    },
    {
      policy: "blocked addresses",
      of: "{security: {blockedIPs: [192.0.2.0/24]}}",
      yields: securityPolicy({
        authorization: {
          defaultAction: "Allow",
          rules: [{ action: "Deny", principal: { clientCIDRs: ["192.0.2.0/24"] } }],
        },
      }),
    },
    {
      policy: "blocked before allowed addresses, which need the scopes too",
      of: `{authentication: {type: oauth2, jwt: ${jwt}, oauth2: {scopes: [read]}}, security: {allowedIPs: [10.0.0.0/8], blockedIPs: [10.6.6.6]}}`,
      yields: securityPolicy({
        jwt: { providers: [provider] },
        authorization: {
          defaultAction: "Deny",
          rules: [
            { action: "Deny", principal: { clientCIDRs: ["10.6.6.6/32"] } },
            {
              action: "Allow",
              principal: { clientCIDRs: ["10.0.0.0/8"], jwt: { provider: "default", scopes: ["read"] } },
            },
          ],
        },
      }),
    },
    {
      policy: "all that CORS has",
      of: '{cors: {allowOrigins: [https://a.example, "https://*.b.example:8443"], allowMethods: [GET], allowHeaders: ["*"], exposeHeaders: [X-Id], maxAge: 86400}}',
      yields: securityPolicy({
        cors: {
          allowOrigins: ["https://a.example", "https://*.b.example:8443"],
          allowMethods: ["GET"],
          allowHeaders: ["*"],
          exposeHeaders: ["X-Id"],
          maxAge: "24h",
        },
      }),
    },
    ...[
      [0, "0s"],
      [59, "59s"],
      [3661, "1h1m1s"],
      [31_536_000, "8760h"],
    ].map(([seconds, maxAge]) => ({
      policy: `a CORS answer kept for ${seconds} s`,
      of: `{cors: {allowOrigins: ["*"], maxAge: ${seconds}}}`,
      yields: securityPolicy({ cors: { allowOrigins: ["*"], maxAge } }),
    })),
    {
      policy: "cookies for the pages that may call",
      of: '{cors: {allowOrigins: [https://a.example, "https://*.acme.example"], allowCredentials: true}}',
      yields: securityPolicy({
        cors: { allowOrigins: ["https://a.example", "https://*.acme.example"], allowCredentials: true },
      }),
    },
    {
      policy: "keys in a header or in the query, which are not passed on",
      of: "{authentication: {type: apikey, apikey: {header: X-Key, queryParam: key, secretRef: {name: keys}}}}",
      yields: securityPolicy({
        apiKeyAuth: {
          credentialRefs: [{ group: "", kind: "Secret", name: "cart.keys" }],
          extractFrom: [{ headers: ["X-Key"] }, { params: ["key"] }],
          sanitize: true,
        },
      }),
    },
    {
      policy: "users and passwords",
      of: "{authentication: {type: basic, basic: {secretRef: {name: users}}}}",
      yields: securityPolicy({ basicAuth: { users: { group: "", kind: "Secret", name: "cart.users" } } }),
    },
    {
      policy: "timeouts",
      of: "{timeouts: {request: 1500ms, connect: 2s, idle: 1d}}",
      yields: trafficPolicy({
        timeout: { http: { requestTimeout: "1s500ms", connectionIdleTimeout: "24h" }, tcp: { connectTimeout: "2s" } },
      }),
    },
    {
      policy: "retries",
      of: "{retries: {attempts: 3, on: [reset, unavailable], statusCodes: [503], perTry: 1s, backoff: {base: 10ms, max: 1s}}}",
      yields: trafficPolicy({
        retry: {
          numRetries: 3,
          retryOn: { triggers: ["reset", "unavailable", "retriable-status-codes"], httpStatusCodes: [503] },
          perRetry: { timeout: "1s", backOff: { baseInterval: "10ms", maxInterval: "1s" } },
        },
      }),
    },
    {
      policy: "retries as they are usual",
      of: "{retries: {attempts: 1}}",
      yields: trafficPolicy({ retry: { numRetries: 1 } }),
    },
    {
      policy: "a limit that all gateways count together",
      of: "{rateLimit: {requests: 5, window: 1m, scope: Global}}",
      yields: trafficPolicy({
        rateLimit: { type: "Global", global: { rules: [{ limit: { requests: 5, unit: "Minute" } }] } },
      }),
    },
    {
      policy: "operations with limits of their own, which say nothing of who may call",
      of: "{rateLimit: {requests: 9, window: 1s}, operations: [{methods: [POST, PUT], path: {value: /orders}, rateLimit: {requests: 1, window: 1m}}]}",
      yields: trafficPolicy({
        rateLimit: {
          type: "Local",
          local: {
            rules: [
              { clientSelectors: everything, limit: { requests: 9, unit: "Second" } },
              {
                clientSelectors: [
                  {
                    headers: [{ name: ":method", type: "RegularExpression", value: "POST|PUT" }],
                    path: { type: "PathPrefix", value: "/default/shop/cart/orders" },
                  },
                ],
                limit: { requests: 1, unit: "Minute" },
              },
            ],
          },
        },
      }),
    },
    {
      policy:
        "operations of one method and an exact path, counted whatever the query, by as many requests as the whole",
      of: "{rateLimit: {requests: 9, window: 1s}, operations: [{methods: [GET], path: {type: Exact, value: /a.b}, rateLimit: {requests: 9, window: 1m}}]}",
      yields: trafficPolicy({
        rateLimit: {
          type: "Local",
          local: {
            rules: [
              { clientSelectors: everything, limit: { requests: 9, unit: "Second" } },
              {
                clientSelectors: [
                  {
                    methods: [{ value: "GET" }],
                    path: { type: "RegularExpression", value: "/default/shop/cart/a\\.b([?#;].*)?" },
                  },
                ],
                limit: { requests: 9, unit: "Minute" },
              },
            ],
          },
        },
      }),
    },
    {
      policy: "operations that each gateway counts for itself, in whatever windows, beside a limit that is stricter",
      of: "{rateLimit: {requests: 1, window: 1h}, operations: [{methods: [GET], rateLimit: {requests: 2, window: 1m}}]}",
      yields: trafficPolicy({
        rateLimit: {
          type: "Local",
          local: {
            rules: [
              { clientSelectors: everything, limit: { requests: 1, unit: "Hour" } },
              { clientSelectors: [{ methods: [{ value: "GET" }] }], limit: { requests: 2, unit: "Minute" } },
            ],
          },
        },
      }),
    },
    {
      policy: "operations with limits where the policy has none",
      of: "{operations: [{methods: [GET], rateLimit: {requests: 2, window: 1m}}]}",
      yields: trafficPolicy({
        rateLimit: {
          type: "Local",
          local: {
            rules: [{ clientSelectors: [{ methods: [{ value: "GET" }] }], limit: { requests: 2, unit: "Minute" } }],
          },
        },
      }),
    },
    {
      policy: "operations that all gateways count together, in whatever windows, beside a limit that is stricter",
      of: "{rateLimit: {requests: 1, window: 1h, scope: Global}, operations: [{methods: [GET], rateLimit: {requests: 2, window: 1m}}]}",
      yields: trafficPolicy({
        rateLimit: {
          type: "Global",
          global: {
            rules: [
              { limit: { requests: 1, unit: "Hour" } },
              { clientSelectors: [{ methods: [{ value: "GET" }] }], limit: { requests: 2, unit: "Minute" } },
            ],
          },
        },
      }),
    },
    ...["/..a", "/.a/b.", "/a/"].map((value) => ({
      policy: `a path with dots or a slash that are of it, ${value}`,
      of: `{operations: [{path: {type: Exact, value: ${value}}, access: Deny}]}`,
      yields: securityPolicy({
        authorization: {
          defaultAction: "Allow",
          rules: [
            {
              action: "Deny",
              operation: { path: { type: "Exact", value: `/default/shop/cart${value}` } },
              principal: anybody,
            },
          ],
        },
      }),
    })),
    {
      policy: "the path of the API itself, with a slash at its end and without",
      of: "{operations: [{path: {type: Exact, value: /}, access: Deny}]}",
      yields: securityPolicy({
        authorization: {
          defaultAction: "Allow",
          rules: [
            {
              action: "Deny",
              operation: { path: { type: "RegularExpression", value: "/default/shop/cart/?([?#;].*)?" } },
              principal: anybody,
            },
          ],
        },
      }),
    },
    {
      policy: "operations that need more scopes, or that nobody may call, each decided before the rest",
      of: `{authentication: {type: oauth2, jwt: ${jwt}, oauth2: {scopes: [read]}}, operations: [{methods: [POST], scopes: [write]}, {path: {type: Exact, value: /admin}, access: Deny}]}`,
      yields: securityPolicy({
        jwt: { providers: [provider] },
        authorization: {
          defaultAction: "Deny",
          rules: [
            {
              action: "Allow",
              operation: { methods: ["POST"] },
              principal: { jwt: { provider: "default", scopes: ["read", "write"] } },
            },
            { action: "Deny", operation: { methods: ["POST"] }, principal: anybody },
            {
              action: "Deny",
              operation: { path: { type: "Exact", value: "/default/shop/cart/admin" } },
              principal: anybody,
            },
            { action: "Allow", principal: { jwt: { provider: "default", scopes: ["read"] } } },
          ],
        },
      }),
    },
    {
      policy: "an operation that is open though a later one is not",
      of: "{operations: [{methods: [GET], path: {value: /}}, {path: {value: /}, access: Deny}]}",
      yields: securityPolicy({
        authorization: {
          defaultAction: "Allow",
          rules: [
            {
              action: "Allow",
              operation: { methods: ["GET"], path: { type: "PathPrefix", value: "/default/shop/cart" } },
              principal: anybody,
            },
            {
              action: "Deny",
              operation: { path: { type: "PathPrefix", value: "/default/shop/cart" } },
              principal: anybody,
            },
          ],
        },
      }),
    },
    ...[
      ["1s", "Second"],
      ["1000ms", "Second"],
      ["60s", "Minute"],
      ["1m", "Minute"],
      ["60m", "Hour"],
      ["1h", "Hour"],
      ["24h", "Day"],
      ["1d", "Day"],
      ["7d", "Week"],
      ["30d", "Month"],
      ["365d", "Year"],
    ].map(([window, unit = ""]) => ({
      policy: `a limit per ${window}`,
      of: `{rateLimit: {requests: 7, window: ${window}}}`,
      yields: limited(7, unit),
    })),
    {
      policy: "a circuit breaker that is enabled",
      of: "{circuitBreaker: {enabled: true, maxConnections: 1, maxPendingRequests: 2, maxParallelRequests: 3, maxParallelRetries: 4294967295}}",
      yields: trafficPolicy({
        circuitBreaker: {
          maxConnections: 1,
          maxPendingRequests: 2,
          maxParallelRequests: 3,
          maxParallelRetries: 4_294_967_295,
        },
      }),
    },
    {
      policy: "a circuit breaker with the gateway's own limits",
      of: "{circuitBreaker: {enabled: true}}",
      yields: trafficPolicy({ circuitBreaker: {} }),
    },
    {
      policy: "a circuit breaker that is not enabled",
      of: "{circuitBreaker: {enabled: false, maxConnections: 1}}",
      yields: {},
    },
  ])("$policy", async ({ of, yields }) => {
    const rendered = await renderClass(`    defaults: ${of}`);
    expect(rendered.problems).toEqual([]);
    expect(policiesOf(rendered, "Public")).toEqual(yields);
    expect(policiesOf(rendered, "Organization")).toEqual(yields);
  });
});

describe("a level's policy lies over the defaults:", () => {
  const defaults =
    "    defaults: {rateLimit: {requests: 1, window: 1s}, security: {allowedIPs: [10.0.0.1, 10.0.0.2]}}\n";
  const allowing = (...clientCIDRs: string[]) =>
    securityPolicy({
      authorization: { defaultAction: "Deny", rules: [{ action: "Allow", principal: { clientCIDRs } }] },
    });
  const both = { ...limited(1, "Second"), ...allowing("10.0.0.1/32", "10.0.0.2/32") };

  test.for([
    { own: "nothing", of: "", yields: both },
    {
      own: "an empty key takes no guard away",
      of: "    public:\n      security:\n      rateLimit: null\n",
      yields: both,
    },
    { own: "an empty level takes no guard away", of: "    public:\n", yields: both },
    {
      own: "values and lists are replaced",
      of: "    public: {rateLimit: {requests: 2, window: 1s}, security: {allowedIPs: [10.0.0.3]}}\n",
      yields: { ...limited(2, "Second"), ...allowing("10.0.0.3/32") },
    },
    {
      own: "what it adds joins the rest of an object",
      of: "    public: {security: {blockedIPs: [10.0.0.2]}}\n",
      problems: ["schema APIClass guarded: 10.0.0.2 is both allowed and blocked"],
    },
  ])("$own", async ({ of, yields = {}, problems = [] }) => {
    const rendered = await renderClass(`${defaults}${of}`);
    expect(rendered.problems.map(({ code, message }) => `${code} ${message}`)).toEqual(problems);
    expect(policiesOf(rendered, "Public")).toEqual(yields);
    expect(policiesOf(rendered, "Organization")).toEqual(problems.length > 0 ? {} : both);
  });
});

test("a switch of the other level is not of this one", async () => {
  const rendered = await renderClass("    organization: {rateLimit: {requests: 2, window: 1s}}\n");
  expect(policiesOf(rendered, "Public")).toEqual({});
  expect(policiesOf(rendered, "Organization")).toEqual(limited(2, "Second"));
});

test("policies stand before the routes that they guard, and carry the labels of their owner", async () => {
  const all = `    defaults: {rateLimit: {requests: 1, window: 1s}, authentication: {type: jwt, jwt: ${jwt}}}\n`;
  const objects = objectsOf(await renderClass(all));
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    expect.stringMatching(/^Namespace /),
    expect.stringMatching(/^CiliumNetworkPolicy cell-/),
    "CiliumNetworkPolicy cart",
    "Service cart",
    "Deployment cart",
    `BackendTrafficPolicy ${routeNames.Organization}`,
    `BackendTrafficPolicy ${routeNames.Public}`,
    `SecurityPolicy ${routeNames.Organization}`,
    `SecurityPolicy ${routeNames.Public}`,
    `HTTPRoute ${routeNames.Organization}`,
    `HTTPRoute ${routeNames.Public}`,
  ]);
  const [route, policy] = ["HTTPRoute", "SecurityPolicy"].map((wanted) => objects.find(({ kind }) => kind === wanted));
  expect(policy?.metadata).toEqual(route?.metadata);
});

describe("is refused, and nothing of the component is rendered:", () => {
  const windows = "a rate limit counts by the second, minute, hour, day, week (7d), month (30d) or year (365d), and";
  test.for([
    {
      policy: "authentication:\n        type: apikey\n        apikey: {header: X-Key}",
      yields: "9:15 schema authentication of type apikey has no keys to compare with",
    },
    {
      policy: "authentication:\n        type: apikey\n        apikey: {secretRef: {name: keys}}",
      yields: "9:15 schema authentication of type apikey has no keys to compare with",
    },
    {
      policy: "authentication:\n        type: basic",
      yields: "9:15 schema authentication of type basic has no users",
    },
    {
      policy: "authentication:\n        type: jwt",
      yields: "9:15 schema authentication of type jwt has no keys to check tokens with",
    },
    {
      policy: "authentication:\n        type: oauth2\n        oauth2: {scopes: [read]}",
      yields: "9:15 schema authentication of type oauth2 has no keys to check tokens with",
    },
    {
      policy: `authentication:\n        type: jwt\n        jwt: ${jwt}\n        apikey: {header: X-Key}`,
      yields: "11:17 schema authentication is of type jwt, and apikey would not be asked for",
    },
    {
      policy:
        "authentication:\n        type: basic\n        basic: {secretRef: {name: users}}\n        oauth2: {scopes: [read]}",
      yields: "11:17 schema scopes stand in a token, and no token is asked for",
    },
    {
      policy: "operations:\n        - {methods: [GET], scopes: [read]}",
      yields: "9:36 schema scopes stand in a token, and no token is asked for",
    },
    {
      policy: "operations:\n        - {access: Deny}",
      yields: "9:11 schema an operation without methods and without a path is every one",
    },
    {
      policy: "operations:\n        - {methods: [PUT], access: Deny, rateLimit: {requests: 1, window: 1s}}",
      yields: "9:11 schema an operation that nobody may call has scopes or a limit",
    },
    ...["//", "/a//b", "/./a", "/a/..", "/a/."].map((value) => ({
      policy: `operations:\n        - {access: Deny, path: {value: ${value}}}`,
      yields: `9:40 schema a gateway takes empty and dot parts out of a path before it compares it, so nobody asks for ${value}`,
    })),
    {
      policy: "security:\n        allowedIPs:\n          # - 10.0.0.0/8",
      yields: "9:20 schema security.allowedIPs has no value, and a route without it may be more open than is meant",
    },
    {
      policy: "authentication:",
      yields: "8:22 schema authentication has no value, and a route without it may be more open than is meant",
    },
    {
      policy: "security:\n        allowedIPs: [10.0.0.0/8]\n        blockedIPs: [10.0.0.0/8]",
      yields: "10:21 schema 10.0.0.0/8 is both allowed and blocked",
    },
    ...["2s", "10m", "1s1ms", "0s", "366d"].map((window) => ({
      policy: `rateLimit:\n        requests: 1\n        window: ${window}`,
      yields: `10:17 unsupported-policy ${windows} ${window} is none of them`,
    })),
    ...["*", "https://*", "http://*", "https://*:8443", "https://*.com", "https://*.com:8443"].map((origin) => ({
      policy: `cors:\n        allowOrigins: [https://a.example, "${origin}"]\n        allowCredentials: true`,
      yields: `10:27 schema cors lets every page of ${origin} call with a user's cookies`,
    })),
    {
      policy: "timeouts:\n        request: 99999999h",
      yields: "9:18 schema 99999999h is longer than a gateway counts",
    },
    { policy: "timeouts:\n        connect: 0s", yields: "9:18 schema 0s is no time at all" },
    {
      policy: "retries:\n        attempts: 1\n        backoff: {base: 0ms}",
      yields: "10:25 schema 0ms is no time at all",
    },
    {
      policy: "retries:\n        attempts: 1\n        backoff: {base: 2s, max: 1s}",
      yields: "10:34 schema the longest pause between tries, 1s, is shorter than the first, 2s",
    },
    { policy: "cors:\n        maxAge: 5", yields: "9:9 schema cors without allowOrigins lets no page call" },
    {
      policy: "circuitBreaker:\n        maxConnections: 5",
      yields: "9:9 schema the circuit breaker does not say whether it is enabled",
    },
    {
      policy: "mediation:\n        requestTransformations:\n          - {type: json, action: addFields}",
      yields: "10:34 unsupported-policy Envoy Gateway changes headers and no bodies, so addFields cannot be rendered",
    },
    {
      policy: "mediation:\n        responseTransformations:\n          - {action: setHeader, headerName: X-A}",
      yields: "10:13 schema setHeader needs headerName and headerValue",
    },
    {
      policy: "mediation:\n        responseTransformations:\n          - {action: removeHeaders}",
      yields: "10:13 schema removeHeaders needs headers",
    },
    {
      policy:
        "mediation:\n        requestTransformations:\n          - {action: addHeader, headerName: X-A, headerValue: a}\n          - {action: removeHeaders, headers: [x-a]}",
      yields: "10:11 schema two transformations are of the header x-a",
    },
    {
      policy: "mediation:\n        responseTransformations:\n          - {action: removeHeaders, headers: [x-a, HOST]}",
      yields:
        "10:13 unsupported-policy Envoy Gateway leaves the Host header alone, so removeHeaders cannot be rendered",
    },
    {
      policy:
        "mediation:\n        requestTransformations:\n          - {action: setHeader, headerName: Host, headerValue: a}",
      yields: "10:13 unsupported-policy Envoy Gateway leaves the Host header alone, so setHeader cannot be rendered",
    },
  ])("$yields", async ({ policy, yields }) => {
    const rendered = await renderClass(`    defaults:\n      ${policy}\n`);
    expect(rendered.problems.map(textOf)).toEqual([yields]);
    expect(rendered.problems.map(({ place, related }) => [place.file, related])).toEqual([
      [
        "class.yaml",
        [
          {
            place: { file: "cart.yaml", line: 38, column: 18 },
            message: "used by API api of cart, which is not rendered",
          },
        ],
      ],
    ]);
    expect(objectsOf(rendered)).toEqual([]);
  });

  test.for([
    ["authentication: {type: jwt, jwt: {issuer: a}}", "authentication.jwt.jwks"],
    ["authentication: {type: jwt, jwt: {jwks: ftp://a}}", "authentication.jwt.jwks"],
    [`authentication: {type: oauth2, jwt: ${jwt}, oauth2: {scopes: []}}`, "authentication.oauth2.scopes"],
    [`authentication: {type: oauth2, jwt: ${jwt}, oauth2: {scopes: [a b]}}`, "authentication.oauth2.scopes.0"],
    ["security: {allowedIPs: []}", "security.allowedIPs"],
    ["security: {blockedIPs: [10.0.0.0/33]}", "security.blockedIPs.0"],
    ['security: {blockedIPs: ["::ffff:10.0.0.0/104"]}', "security.blockedIPs.0"],
    ["cors: {allowOrigins: []}", "cors.allowOrigins"],
    ["cors: {allowOrigins: [example.org]}", "cors.allowOrigins.0"],
    ['cors: {allowOrigins: ["*"], allowHeaders: ["A, B"]}', "cors.allowHeaders.0"],
    ["rateLimit: {requests: 0, window: 1s}", "rateLimit.requests"],
    ...['"a\\nb"', '"a  b"', '" a"', '"é"'].map((value) => [
      `mediation: {requestTransformations: [{action: setHeader, headerName: X-A, headerValue: ${value}}]}`,
      "mediation.requestTransformations.0.headerValue",
    ]),
    ["rateLimit: {requests: 1}", "rateLimit.window"],
  ])("%s, by its schema", async ([policy, field]) => {
    const rendered = await renderClass(`    defaults:\n      ${policy}\n`);
    expect(rendered.problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringContaining(`schema spec.restPolicy.defaults.${field}`),
    ]);
    expect(objectsOf(rendered)).toEqual([]);
  });
});

describe("a limit that all gateways count together", () => {
  const limit = "    defaults:\n      rateLimit: {requests: 5, window: 1m, scope: Global}\n";

  test("is refused at its line where nothing says of a service that counts it, for which Envoy Gateway answers 500", async () => {
    const { problems, releases } = await renderClass(limit, stored);
    expect(problems.map(textOf)).toEqual([
      "8:51 unsupported-policy a limit with scope Global is counted by the rate limit service of Envoy Gateway, and DataPlane data.default.eu says of none",
    ]);
    expect(problems[0]?.remedy).toBe(
      "write scope: Local, which each instance of the gateway counts for itself, or say spec.gateway.rateLimitService: true in the DataPlane where Envoy Gateway has it enabled",
    );
    expect(releases.filter(({ path }) => path.startsWith("releases/"))).toEqual([]);
  });

  test("is counted by the service of those who bring the gateways, whatever a guest says", async () => {
    const guest = (more: string): readonly string[] =>
      stored.map((text) =>
        text.replace("gateway: {", `gateway: {sharedFrom: {organization: host, name: main}${more}, `),
      );
    const host = (service: string): readonly string[] => [
      "apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: host\n",
      doc(
        "DataPlane",
        "main",
        `  gateway: {${service}manage: {external: {http: {}}, internal: {http: {}}, sharedWith: [default]}}`,
      ).replace("metadata:\n", "metadata:\n  namespace: host\n"),
    ];
    const errors = async (...platform: readonly string[]): Promise<readonly string[]> =>
      (await renderClass(limit, platform)).problems.flatMap(({ severity, code, message }) =>
        code === "shared-gateway" ? [] : [`${severity} ${code} ${message}`],
      );
    expect(await errors(...host("rateLimitService: true, "), ...guest(""))).toEqual([]);
    expect(await errors(...host(""), ...guest(", rateLimitService: true"))).toEqual([
      expect.stringContaining("error unsupported-policy APIClass guarded: a limit with scope Global"),
      "warning unused-field rateLimitService is said by the plane that brings the gateways, which is not this one",
    ]);
  });
});

test.for([
  ["100 per 10m", "write 10 per 1m, which lets bursts through less, or 600 per 1h, which lets bursts through more"],
  ["7 per 10m", "write 42 per 1h, which lets bursts through more"],
  ["1 per 1s1ms", "write one of these windows, and the requests for it"],
  ["720 per 2d", "write 360 per 1d, which lets bursts through less, or 2520 per 7d, which lets bursts through more"],
])("a window that is not counted by, %s, comes with those that are", async ([limit = "", remedy]) => {
  const [requests, window] = limit.split(" per ");
  const { problems } = await renderClass(`    defaults: {rateLimit: {requests: ${requests}, window: ${window}}}\n`);
  expect(problems.map((problem) => problem.remedy)).toEqual([remedy]);
});

function textOf({ code, message, place }: Problem): string {
  return `${place.line}:${place.column} ${code} ${message.replace("APIClass guarded: ", "")}`;
}
