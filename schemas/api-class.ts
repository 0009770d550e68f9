import { z } from "zod";
import { GrpcPolicy, RestPolicy, StreamPolicy } from "./api-policy.ts";
import { documentOf } from "./metadata.ts";

/** A policy for every level, and what each level says over it. */
function levelsOf<Policy extends z.ZodType>(policy: Policy) {
  return z.strictObject({
    defaults: policy.exactOptional().describe("Policies at every level of exposure."),
    public: policy.exactOptional().describe("Policies of public routes, over the defaults."),
    organization: policy.exactOptional().describe("Policies of routes within the organization, over the defaults."),
  });
}

export const APIClass = documentOf(
  "APIClass",
  z
    .strictObject({
      restPolicy: levelsOf(RestPolicy)
        .exactOptional()
        .describe("Policies of APIs of HTTP: REST, HTTP, GraphQL, Websocket."),
      grpcPolicy: levelsOf(GrpcPolicy)
        .exactOptional()
        .describe("Policies of gRPC APIs. A class that guards APIs of HTTP must say it, even with nothing in it."),
      streamPolicy: levelsOf(StreamPolicy)
        .exactOptional()
        .describe(
          "Policies of TCP, UDP and TLS endpoints. A class that guards APIs of HTTP must say it, even with nothing in it.",
        ),
    })
    .default({}),
).describe(
  "The platform engineers' policies of an API: rate limit, authentication, CORS, addresses, headers, timeouts, circuit breaker.",
);
export type APIClass = z.infer<typeof APIClass>;
