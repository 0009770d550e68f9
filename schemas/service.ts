import { z } from "zod";
import { ClaimSpec } from "./claim.ts";
import { PortNumber } from "./kubernetes/formats.ts";
import { documentOf, Name } from "./metadata.ts";
import { namedMap } from "./named-map.ts";

export const exposeLevels = ["Project", "Organization", "Public"] as const;
export type ExposeLevel = (typeof exposeLevels)[number];
/** Levels that have a route; within the project none is needed. */
export type RoutedLevel = Exclude<ExposeLevel, "Project">;

/**
 * A path that a Gateway API route can carry (HTTPPathMatch: no dot segments, no encoded slashes). Characters that would
 * need escaping are refused, so that what is read here is what the gateway compares.
 */
const BasePath = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9/._~$&()*+,;=:@-]*$/, { error: "must be a path of letters, digits, /, -, ., _ and ~" })
  .refine((path) => !path.split("/").includes(".."), { error: "must not climb with .." })
  .meta({
    not: { pattern: "(^|/)[.][.](/|$)" },
    "x-kubernetes-validations": [{ rule: "!self.matches('(^|/)[.][.](/|$)')", message: "must not climb with .." }],
  });

/** Said twice is said; bounded so that an API server affords a rule over it. */
const levels = z.array(z.enum(exposeLevels)).max(12);

const types = ["REST", "HTTP", "gRPC", "GraphQL", "Websocket", "TCP", "UDP", "TLS"] as const;
const typesOfHttp = ["REST", "HTTP", "GraphQL", "Websocket"] as const;
const typesByPort = ["TCP", "UDP"] as const;
const typesByHost = ["REST", "HTTP", "gRPC", "GraphQL", "Websocket", "TLS"] as const;

const listOf = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(", ")}]`;
const nothing = { not: {} };

/** Checked where the API is placed (`control/validate/check-binding.ts`), which says more; so said here in words only. */
const fieldsOfTypes = {
  allOf: [
    {
      anyOf: [
        { not: { required: ["exposeLevels"] } },
        { properties: { rest: { properties: { exposeLevels: nothing } } } },
      ],
    },
    { anyOf: [{ properties: { type: { enum: typesOfHttp } } }, { properties: { rest: nothing } }] },
    { anyOf: [{ properties: { type: { enum: typesByPort } } }, { properties: { gatewayPort: nothing } }] },
    {
      anyOf: [
        { properties: { type: { enum: typesByHost } } },
        { required: ["gatewayPort"] },
        { properties: { exposeLevels: { not: { contains: { enum: ["Organization", "Public"] } } } } },
      ],
    },
  ],
  "x-kubernetes-validations": [
    {
      rule: "!has(self.exposeLevels) || !has(self.rest) || !has(self.rest.exposeLevels)",
      message: "exposeLevels stands in it or in rest, not in both",
      fieldPath: ".rest.exposeLevels",
    },
    {
      rule: `!has(self.rest) || self.type in ${listOf(typesOfHttp)}`,
      message: "rest is for REST, HTTP, GraphQL and Websocket",
      fieldPath: ".rest",
    },
    {
      rule: `!has(self.gatewayPort) || self.type in ${listOf(typesByPort)}`,
      message: "gatewayPort is for TCP and UDP",
      fieldPath: ".gatewayPort",
    },
    {
      rule: `!(self.type in ${listOf(typesByPort)}) || has(self.gatewayPort) || !has(self.exposeLevels) || self.exposeLevels.all(level, level == 'Project')`,
      message: "TCP and UDP are exposed at a gatewayPort",
      fieldPath: ".exposeLevels",
    },
  ],
};

export const ServiceApis = namedMap(
  z
    .strictObject({
      className: Name.default("default").describe("The APIClass whose policies guard its routes."),
      type: z
        .enum(types)
        .describe(
          "What is spoken. REST, HTTP, GraphQL and Websocket share their environment's host, gRPC and TLS have one of their own, TCP and UDP a port. TLS is passed through: the endpoint has the certificate.",
        ),
      exposeLevels: levels
        .exactOptional()
        .describe(
          "Who may call it beside its Project: the Organization, the Public. Each of the two is a route. A REST API may say it in `rest` instead.",
        ),
      gatewayPort: PortNumber.exactOptional().describe(
        "The gateway's port that leads to it; for TCP and UDP, whose routes have no host name.",
      ),
      rest: z
        .strictObject({
          backend: z
            .strictObject({
              port: PortNumber.describe("The port of the endpoint."),
              basePath: BasePath.default("/").describe("The path of the API in the container."),
            })
            .describe("Where requests go."),
          exposeLevels: levels
            .exactOptional()
            .describe(
              "Who may call it: the Project (always), the Organization, the Public. Each of the latter two is a route.",
            ),
        })
        .exactOptional()
        .describe("How an API of HTTP is published: REST, HTTP, GraphQL, Websocket."),
    })
    .meta(fieldsOfTypes),
);
export type ServiceApis = z.infer<typeof ServiceApis>;

/** Who may call an API beside its own project. */
export function exposeLevelsOf(api: ServiceApis[string]): readonly ExposeLevel[] {
  return api.exposeLevels ?? api.rest?.exposeLevels ?? [];
}

export const Service = documentOf(
  "Service",
  ClaimSpec.extend({
    apis: ServiceApis.default({}).describe("APIs by the name of the endpoint that serves them."),
  }),
).describe("A developer's request for a service built by a ServiceClass from a Workload.");
export type Service = z.infer<typeof Service>;
