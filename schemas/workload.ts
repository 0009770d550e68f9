import { z } from "zod";
import { Container, variableLimit } from "./container.ts";
import { PortNumber, VariableName } from "./kubernetes/formats.ts";
import { ComponentOwner, documentOf, Name } from "./metadata.ts";
import { namedMap } from "./named-map.ts";
import { Volume } from "./volume.ts";

/** `{{ .word }}` with a word that is known, as `control/resolve/connections.ts` substitutes it. */
const linkTemplate = /^(\{?[^{]|\{\{\s*\.(host|port|scheme|basePath|uri|url)\s*\}\})*\{?$/;

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

export const Connection = z.strictObject({
  type: z.literal("api").describe("The kind of connection."),
  params: z
    .strictObject({
      projectName: Name.exactOptional().describe("The other component's Project. The own one when absent."),
      componentName: Name.describe("The other Component."),
      endpoint: z.string().describe("The endpoint of its Workload."),
    })
    .describe("What is connected to."),
  inject: z
    .strictObject({
      env: z
        .array(
          z.strictObject({
            name: VariableName.describe("The variable's name."),
            value: z
              .string()
              .max(4096)
              .meta({ pattern: linkTemplate.source })
              .describe(
                "Its value, with {{ .host }}, {{ .port }}, {{ .scheme }}, {{ .basePath }}, {{ .uri }} or {{ .url }}.",
              ),
          }),
        )
        .max(variableLimit)
        .describe("Variables that tell the way."),
    })
    .describe("How the container learns where the endpoint is."),
});
export type Connection = z.infer<typeof Connection>;

export const WorkloadTemplate = z.strictObject({
  containers: namedMap(Container)
    .refine((containers) => Object.keys(containers).length > 0, { error: "needs at least one container" })
    .meta({ minProperties: 1 })
    .describe(
      "Containers by name. The one called `main` (or the first by name) gets ports and connections; names meet those of the class's containers.",
    ),
  volumes: namedMap(Volume).exactOptional().describe("Volumes that containers mount, by name."),
  endpoints: namedMap(Endpoint).default({}).describe("What it serves, by name."),
  connections: namedMap(Connection).default({}).describe("Other components that it needs, by a name of its own."),
});
export type WorkloadTemplate = z.infer<typeof WorkloadTemplate>;

export const Workload = documentOf(
  "Workload",
  WorkloadTemplate.extend({ owner: ComponentOwner.describe("The component that it belongs to.") }),
).describe("What runs, without an environment: containers, the endpoints they serve, the connections they need.");
export type Workload = z.infer<typeof Workload>;
