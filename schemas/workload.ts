import { z } from "zod";
import { Connection } from "./connection.ts";
import { Container } from "./container.ts";
import { PortNumber } from "./kubernetes/formats.ts";
import { ComponentOwner, documentOf } from "./metadata.ts";
import { namedMap } from "./named-map.ts";
import { Volume } from "./volume.ts";

export const endpointTypes = ["HTTP", "REST", "gRPC", "GraphQL", "Websocket", "TCP", "UDP"] as const;

export const Endpoint = z.strictObject({
  type: z.enum(endpointTypes).describe("What is spoken there."),
  port: PortNumber.describe("The port that the container listens on."),
  schema: z
    .strictObject({
      type: z.string().exactOptional().describe("The schema's language."),
      content: z.string().exactOptional().describe("The schema's text, such as an OpenAPI document."),
    })
    .exactOptional()
    .describe("What the endpoint offers, for people and tools."),
});
export type Endpoint = z.infer<typeof Endpoint>;

export const WorkloadTemplate = z.strictObject({
  containers: namedMap(Container)
    .refine((containers) => Object.keys(containers).length > 0, { error: "needs at least one container" })
    .meta({ minProperties: 1 })
    .describe(
      "Containers by name. The one called `main` (or the first by name) gets ports and connections; names meet those of the class's containers.",
    ),
  volumes: namedMap(Volume).exactOptional().describe("Volumes that containers mount, by name."),
  endpoints: namedMap(Endpoint).default({}).describe("What it serves, by name."),
  connections: namedMap(Connection)
    .default({})
    .describe("What it reaches, by a name of its own: other components, and what is outside the cluster."),
});
export type WorkloadTemplate = z.infer<typeof WorkloadTemplate>;

export const Workload = documentOf(
  "Workload",
  WorkloadTemplate.extend({ owner: ComponentOwner.describe("The component that it belongs to.") }),
).describe("What runs, without an environment: containers, the endpoints they serve, the connections they need.");
export type Workload = z.infer<typeof Workload>;
