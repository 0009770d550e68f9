import { z } from "zod";
import { ComponentOwner, documentOf, Name } from "./metadata.ts";

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
  .refine((path) => !path.split("/").includes(".."), { error: "must not climb with .." });

/** APIs of a Service by the name of the endpoint that serves them. */
export const ServiceApis = z.record(
  Name,
  z.strictObject({
    className: Name.exactOptional(),
    type: z.enum(["REST", "HTTP", "gRPC", "GraphQL", "Websocket", "TCP", "UDP"]),
    rest: z
      .strictObject({
        backend: z.strictObject({ port: z.int().min(1).max(65535), basePath: BasePath.default("/") }),
        exposeLevels: z.array(z.enum(exposeLevels)).exactOptional(),
      })
      .exactOptional(),
  }),
);
export type ServiceApis = z.infer<typeof ServiceApis>;

/** Upstream's map of switches, which nothing reads: accepted so that its documents stay valid. */
export const UnusedOverrides = z.record(z.string(), z.boolean());

/** A developer's request for a service built by a ServiceClass from a Workload. */
export const Service = documentOf(
  "Service",
  z.strictObject({
    owner: ComponentOwner,
    workloadName: Name,
    className: Name.default("default"),
    overrides: UnusedOverrides.exactOptional(),
    apis: ServiceApis.default({}),
  }),
);
export type Service = z.infer<typeof Service>;
