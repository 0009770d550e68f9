import { z } from "zod";
import { Duration } from "./duration.ts";
import { HttpUrl } from "./http-url.ts";
import { isMapped } from "./kubernetes/addresses.ts";
import { documentOf } from "./metadata.ts";

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

const RateLimit = z.strictObject({
  requests: Count.describe("How many requests are let through in a window."),
  window: Duration.describe("The window: 1s, 1m, 1h or 1d. Each gateway instance counts for itself."),
});

const Authentication = z.strictObject({
  type: z
    .enum(["jwt", "apikey", "oauth2", "basic"])
    .describe("How callers prove who they are. Only jwt and oauth2 are rendered."),
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
      header: z.string().exactOptional().describe("The header that carries the key."),
      queryParam: z.string().exactOptional().describe("The query parameter that carries the key."),
    })
    .exactOptional()
    .describe("API keys. Not rendered by this version, so a Problem where the class is used."),
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
});

const Security = z.strictObject({
  allowedIPs: z.array(AddressBlock).min(1).exactOptional().describe("Addresses that may call; all when absent."),
  blockedIPs: z.array(AddressBlock).exactOptional().describe("Addresses that may not call, even if they are allowed."),
  requireTLS: z
    .boolean()
    .exactOptional()
    .describe("Not rendered by this version, so a Problem where the class is used."),
  minTLSVersion: z
    .string()
    .exactOptional()
    .describe("Not rendered by this version, so a Problem where the class is used."),
});

const Transformation = z.strictObject({
  type: z.enum(["json", "xml"]).describe("What is transformed."),
  action: z.enum(["addFields", "addHeader", "removeHeaders", "removeFields"]).describe("What is done."),
  fields: z.unknown().exactOptional().describe("Fields to add or remove."),
  headers: z.array(z.string()).exactOptional().describe("Headers to remove."),
  headerName: z.string().exactOptional().describe("The header to add."),
  headerValue: z.string().exactOptional().describe("Its value."),
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

export const RestPolicy = z.strictObject({
  rateLimit: RateLimit.exactOptional().describe("How often it may be called."),
  authentication: Authentication.exactOptional().describe("Who may call it."),
  cors: Cors.exactOptional().describe("Which web pages may call it (Fetch standard, CORS)."),
  security: Security.exactOptional().describe("From where it may be called."),
  mediation: Mediation.exactOptional().describe("Not rendered by this version, so a Problem where the class is used."),
  circuitBreaker: CircuitBreaker.exactOptional().describe("When to stop sending more to the component."),
});
export type RestPolicy = z.infer<typeof RestPolicy>;

export const APIClass = documentOf(
  "APIClass",
  z
    .strictObject({
      restPolicy: z
        .strictObject({
          defaults: RestPolicy.exactOptional().describe("Policies at every level of exposure."),
          public: RestPolicy.exactOptional().describe("Policies of public routes, over the defaults."),
          organization: RestPolicy.exactOptional().describe(
            "Policies of routes within the organization, over the defaults.",
          ),
        })
        .exactOptional()
        .describe("Policies of REST and HTTP APIs."),
      grpcPolicy: z.strictObject({}).exactOptional().describe("Upstream's placeholder."),
    })
    .default({}),
).describe("The platform engineers' policies of an API: rate limit, authentication, CORS, addresses, circuit breaker.");
export type APIClass = z.infer<typeof APIClass>;
