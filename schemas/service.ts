import { z } from "zod";
import { ClaimSpec } from "./claim.ts";
import { PortNumber } from "./kubernetes/formats.ts";
import { documentOf, Name } from "./metadata.ts";
import { namedMap } from "./named-map.ts";

export const exposeLevels = ["Project", "Organization", "Public"] as const;
export type ExposeLevel = (typeof exposeLevels)[number];

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

export const ServiceApis = namedMap(
  z.strictObject({
    className: Name.default("default").describe("The APIClass whose policies guard its routes."),
    type: z
      .enum(["REST", "HTTP", "gRPC", "GraphQL", "Websocket", "TCP", "UDP"])
      .describe("What is spoken. REST and HTTP are routed; for the others a route is a Problem."),
    rest: z
      .strictObject({
        backend: z
          .strictObject({
            port: PortNumber.describe("The port of the endpoint."),
            basePath: BasePath.default("/").describe("The path of the API in the container."),
          })
          .describe("Where requests go."),
        exposeLevels: z
          .array(z.enum(exposeLevels))
          .exactOptional()
          .describe(
            "Who may call it: the Project (always), the Organization, the Public. Each of the latter two is a route.",
          ),
      })
      .exactOptional()
      .describe("How a REST API is published."),
  }),
);
export type ServiceApis = z.infer<typeof ServiceApis>;

/** Who may call an API beside its own project. */
export function exposeLevelsOf(api: ServiceApis[string]): readonly ExposeLevel[] {
  return api.rest?.exposeLevels ?? [];
}

export const Service = documentOf(
  "Service",
  ClaimSpec.extend({
    apis: ServiceApis.default({}).describe("APIs by the name of the endpoint that serves them."),
  }),
).describe("A developer's request for a service built by a ServiceClass from a Workload.");
export type Service = z.infer<typeof Service>;
