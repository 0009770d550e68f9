/** The policies of an API at one level of exposure: who may call it, from where, how often, and what happens on the way. */
import { z } from "zod";
import { Duration } from "./duration.ts";
import { HttpUrl } from "./http-url.ts";
import { isMapped } from "./kubernetes/addresses.ts";
import { Name } from "./metadata.ts";

// Bounds and formats are those of Envoy Gateway's SecurityPolicy (gateway.envoyproxy.io/v1alpha1).
const GatewayUrl = HttpUrl.max(253);
const Address = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);
/** An address or a block of them, such as 10.0.0.0/8 (RFC 4632, RFC 4291). */
const AddressBlock = z
  .string()
  .refine((text) => Address.safeParse(text).success && !isMapped(text), {
    error: "must be an IP address or a block of them, such as 10.0.0.0/8, and IPv4 not in the dress of IPv6",
  })
  .meta({
    anyOf: [z.regexes.cidrv4, z.regexes.cidrv6, z.regexes.ipv4, z.regexes.ipv6].map(({ source }) => ({
      pattern: source,
    })),
  });

/** A method or a header's name (RFC 9110, 5.6.2), or `*`. */
const Token = z
  .string()
  .max(253)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: "must be a name as in HTTP, or *" });
const CorsOrigin = z
  .string()
  .max(253)
  .regex(/^(\*|[A-Za-z][A-Za-z0-9+.-]*:\/\/(\*|(\*\.)?[\w-]+(\.[\w-]+)*)(:\d{1,5})?)$/, {
    error: "must be an origin, such as https://example.org, https://*.example.org or *",
  });
const Scope = z
  .string()
  .max(253)
  .regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, { error: "must be one scope, without blanks (RFC 6749, 3.3)" });
const Count = z.int().min(1).max(4_294_967_295);

/** What one limit says; of an operation it has no scope of its own. */
const Limit = z.strictObject({
  requests: Count.describe("How many requests are let through in a window."),
  window: Duration.describe(
    "The window: a second, minute, hour, day, week (7d), month (30d) or year (365d). Envoy Gateway counts by no other, so another is a Problem that names the nearest two.",
  ),
});

const RateLimit = Limit.extend({
  scope: z
    .enum(["Local", "Global"])
    .exactOptional()
    .describe(
      "Local, the default: each gateway instance counts for itself. Global: all count together, which needs the rate limit service of Envoy Gateway.",
    ),
});

const HeaderName = Token.refine((name) => name !== "*", { error: "must be the name of one header" }).meta({
  not: { const: "*" },
});

/** As Envoy Gateway takes it (v1.9.1, `HeaderValueRegexp`). */
const HeaderValue = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[!-~]+([\t ][!-~]+)*$/, { error: "must be words of printable ASCII with single blanks between them" });

const KeysRef = z.strictObject({
  name: Name.describe(
    "The SecretReference of the organization. Its Secret is made in the cell of each component that the class guards.",
  ),
});

const Authentication = z.strictObject({
  type: z
    .enum(["jwt", "apikey", "oauth2", "basic"])
    .describe("How callers prove who they are. oauth2 is jwt with scopes."),
  jwt: z
    .strictObject({
      jwks: GatewayUrl.describe("Address of the keys that tokens are checked with."),
      issuer: z
        .string()
        .min(1)
        .max(253)
        .exactOptional()
        .describe("Who must have issued the token: an address of the web or of mail, or a name. Anybody when absent."),
      audience: z
        .array(z.string())
        .max(8)
        .exactOptional()
        .describe("Whom the token must be meant for: one of these. Anybody when absent or empty."),
    })
    .exactOptional()
    .describe("JSON Web Tokens."),
  apikey: z
    .strictObject({
      header: HeaderName.exactOptional().describe("The header that carries the key."),
      queryParam: z.string().min(1).max(253).exactOptional().describe("The query parameter that carries the key."),
      secretRef: KeysRef.exactOptional().describe(
        "What keeps the keys: each entry a client's name and its key. No value stands in Git.",
      ),
    })
    .exactOptional()
    .describe("API keys. The key itself is not passed on to the component."),
  basic: z
    .strictObject({
      secretRef: KeysRef.describe(
        "What keeps the users: its entry `.htpasswd` lists them with the SHA of their passwords, as `htpasswd -s` does.",
      ),
    })
    .exactOptional()
    .describe("Users and passwords (RFC 7617)."),
  oauth2: z
    .strictObject({
      tokenUrl: z.string().exactOptional().describe("Where clients get tokens. For people."),
      scopes: z.array(Scope).min(1).max(16).exactOptional().describe("Scopes of which the token must have all."),
    })
    .exactOptional()
    .describe("Scopes that a token must have; the token itself is checked as `jwt` says."),
});

const Cors = z.strictObject({
  allowOrigins: z
    .array(CorsOrigin)
    .min(1)
    .exactOptional()
    .describe("Origins that may call from a browser, such as https://example.org or https://*.example.org."),
  allowMethods: z.array(Token).exactOptional().describe("Methods that they may use."),
  allowHeaders: z.array(Token).exactOptional().describe("Headers that they may send."),
  exposeHeaders: z.array(Token).exactOptional().describe("Headers that they may read."),
  maxAge: z.int().min(0).max(31_536_000).exactOptional().describe("Seconds for which a browser may keep the answer."),
  allowCredentials: z
    .boolean()
    .exactOptional()
    .describe("Whether cookies and the like may be sent; browsers then take no * in the lists."),
});

const Security = z.strictObject({
  allowedIPs: z.array(AddressBlock).min(1).exactOptional().describe("Addresses that may call; all when absent."),
  blockedIPs: z.array(AddressBlock).exactOptional().describe("Addresses that may not call, even if they are allowed."),
  requireTLS: z
    .boolean()
    .exactOptional()
    .describe("Whether it may be reached by TLS only. The plane's gateway must be so; otherwise a Problem."),
  minTLSVersion: z
    .string()
    .exactOptional()
    .describe(
      'The oldest TLS that it may be reached by: "1.2" or "1.3". The plane\'s gateway must take no older; otherwise a Problem.',
    ),
});

const Transformation = z.strictObject({
  type: z.enum(["json", "xml"]).exactOptional().describe("What body is transformed. Of no account for headers."),
  action: z
    .enum(["addFields", "addHeader", "setHeader", "removeHeaders", "removeFields"])
    .describe("What is done. Envoy Gateway transforms headers, not bodies: with fields it is a Problem."),
  fields: z.unknown().exactOptional().describe("Fields to add or remove."),
  headers: z.array(HeaderName).exactOptional().describe("Headers to remove."),
  headerName: HeaderName.exactOptional().describe("The header to add, or to set in place of what is there."),
  headerValue: HeaderValue.exactOptional().describe("Its value, by the letter."),
});

const Mediation = z.strictObject({
  requestTransformations: z.array(Transformation).exactOptional().describe("What is done to requests."),
  responseTransformations: z.array(Transformation).exactOptional().describe("What is done to responses."),
});

const CircuitBreaker = z.strictObject({
  enabled: z.boolean().default(false).describe("Whether the limits hold. One that is not given is 1024."),
  maxConnections: Count.exactOptional().describe("Connections to the component at once."),
  maxPendingRequests: Count.exactOptional().describe("Requests that may wait for a connection."),
  maxParallelRequests: Count.exactOptional().describe("Requests at once."),
  maxParallelRetries: Count.exactOptional().describe("Retries at once."),
});

const Timeouts = z.strictObject({
  request: Duration.exactOptional().describe("Until the whole answer is there. 15 s when absent, as Envoy has it."),
  connect: Duration.exactOptional().describe("Until a connection to the component stands. 10 s when absent."),
  idle: Duration.exactOptional().describe("How long a connection to the component may be idle. 1 h when absent."),
});

/** Envoy's `x-envoy-retry-on` and `x-envoy-retry-grpc-on`. */
const retryCauses = [
  "5xx",
  "gateway-error",
  "reset",
  "reset-before-request",
  "connect-failure",
  "retriable-4xx",
  "refused-stream",
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
] as const;

const Retries = z.strictObject({
  attempts: z.int().min(1).max(100).describe("How often a request is tried again at most."),
  on: z
    .array(z.enum(retryCauses))
    .min(1)
    .exactOptional()
    .describe("What is tried again. When absent: connect-failure, refused-stream, unavailable, cancelled and 503."),
  statusCodes: z
    .array(z.int().min(100).max(599))
    .min(1)
    .exactOptional()
    .describe("Status codes that are tried again too."),
  perTry: Duration.exactOptional().describe("The timeout of each try."),
  backoff: z
    .strictObject({
      base: Duration.describe("The pause before the second try, doubled for each further one, with jitter."),
      max: Duration.exactOptional().describe("The longest pause. Ten times the base when absent."),
    })
    .exactOptional()
    .describe("Pauses between tries."),
});

const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const;

const Rules = {
  access: z
    .enum(["Allow", "Deny"])
    .exactOptional()
    .describe("Deny: nobody may. Allow, the default: whoever the policy allows, and who has the scopes."),
  scopes: z.array(Scope).min(1).max(16).exactOptional().describe("Scopes that the token must have too."),
  rateLimit: Limit.exactOptional().describe(
    "A limit of its own, beside the policy's: a request takes of both, and either turns it away.",
  ),
};

const Operation = z.strictObject({
  methods: z.array(z.enum(methods)).min(1).exactOptional().describe("Methods. All when absent."),
  path: z
    .strictObject({
      type: z
        .enum(["Exact", "PathPrefix"])
        .default("PathPrefix")
        .describe("How paths are compared, without their queries."),
      value: z
        .string()
        .max(512)
        .regex(/^\/[A-Za-z0-9/._~$&()*+,;=:@-]*$/, { error: "must be a path that starts with /" })
        .describe("Below the API's own path. That path itself is /, with a slash at its end or without."),
    })
    .exactOptional()
    .describe("Paths. All when absent."),
  ...Rules,
});

const GrpcOperation = z.strictObject({
  service: z
    .string()
    .max(253)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/, {
      error: "must be the full name of a service, such as shop.v1.Orders",
    })
    .describe("The service, with its package."),
  method: z
    .string()
    .max(253)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "must be the name of a method" })
    .exactOptional()
    .describe("The method. All of the service when absent."),
  ...Rules,
});

const operationLimit = 15;

export const RestPolicy = z.strictObject({
  rateLimit: RateLimit.exactOptional().describe("How often it may be called."),
  authentication: Authentication.exactOptional().describe("Who may call it."),
  cors: Cors.exactOptional().describe("Which web pages may call it (Fetch standard, CORS)."),
  security: Security.exactOptional().describe("From where it may be called."),
  mediation: Mediation.exactOptional().describe("What is done to headers on the way."),
  circuitBreaker: CircuitBreaker.exactOptional().describe("When to stop sending more to the component."),
  timeouts: Timeouts.exactOptional().describe("How long anything may take."),
  retries: Retries.exactOptional().describe("What is tried again."),
  operations: z
    .array(Operation)
    .max(operationLimit)
    .exactOptional()
    .describe("What is different for some methods and paths. The first that fits a request decides who may."),
});
export type RestPolicy = z.infer<typeof RestPolicy>;

/** As for REST, without what only browsers need. */
export const GrpcPolicy = RestPolicy.omit({ cors: true, operations: true }).extend({
  operations: z
    .array(GrpcOperation)
    .max(operationLimit)
    .exactOptional()
    .describe("What is different for some services and methods. The first that fits a call decides who may."),
});
export type GrpcPolicy = z.infer<typeof GrpcPolicy>;

/** TCP, UDP and TLS that is passed through have connections and no requests. */
export const StreamPolicy = z.strictObject({
  security: Security.pick({ allowedIPs: true, blockedIPs: true })
    .exactOptional()
    .describe(
      "From where it may be called. For TCP; for UDP and TLS a Problem, because Envoy Gateway has nothing of it.",
    ),
  circuitBreaker: CircuitBreaker.pick({ enabled: true, maxConnections: true })
    .exactOptional()
    .describe("When to stop connecting to the component."),
  timeouts: Timeouts.pick({ connect: true }).exactOptional().describe("How long connecting may take."),
});
export type StreamPolicy = z.infer<typeof StreamPolicy>;
