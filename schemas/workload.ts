import { z } from "zod";
import { ImageReference, PortNumber } from "./kubernetes/formats.ts";
import { ComponentOwner, documentOf, Name } from "./metadata.ts";
import { namedMap } from "./named-map.ts";

/** Enough for any container, and few enough that an API server affords a rule for each. */
const variableLimit = 500;

/** Kubernetes takes any printable ASCII but `=` in a variable's name; shells and this schema take the portable set. */
const VariableName = z
  .string()
  .regex(/^[A-Za-z_.-][A-Za-z0-9_.-]*$/, { error: "must be a name of letters, digits, _, - and ." });

/** Checked where the Workload is placed (`control/resolve/configurations.ts`), so said here in words only. */
const oneSource = {
  oneOf: [{ required: ["value"] }, { required: ["valueFrom"] }],
  "x-kubernetes-validations": [
    {
      rule: "[has(self.value), has(self.valueFrom) && has(self.valueFrom.configurationGroupRef), has(self.valueFrom) && has(self.valueFrom.secretRef)].exists_one(given, given)",
      message: "needs either value or valueFrom with configurationGroupRef or secretRef, and only one of them",
    },
  ],
};

/** `{{ .word }}` with a word that is known, as `control/resolve/connections.ts` substitutes it. */
const linkTemplate = /^(\{?[^{]|\{\{\s*\.(host|port|scheme|basePath|uri|url)\s*\}\})*\{?$/;

const ValueSource = z.strictObject({
  configurationGroupRef: z
    .strictObject({
      name: Name.describe("The ConfigurationGroup."),
      key: z.string().min(1).describe("The key in it, whose value may differ by environment."),
    })
    .exactOptional()
    .describe("A value of a ConfigurationGroup, as it is in the environment."),
  secretRef: z
    .strictObject({
      name: Name.describe("The SecretReference."),
      key: z.string().min(1).describe("The key in it."),
    })
    .exactOptional()
    .describe("A value that is kept outside Git. Not rendered by this version, so a Problem."),
});

export const Container = z.strictObject({
  image: ImageReference.describe("The image to run."),
  command: z.array(z.string()).exactOptional().describe("Replaces the image's entry point."),
  args: z.array(z.string()).exactOptional().describe("Arguments of the command."),
  env: z
    .array(
      z
        .strictObject({
          key: VariableName.describe("The variable's name."),
          value: z.string().exactOptional().describe("Its value, the same in every environment."),
          valueFrom: ValueSource.exactOptional().describe("Where its value comes from, instead of `value`."),
        })
        .meta(oneSource),
    )
    .max(variableLimit)
    .exactOptional()
    .describe("Environment variables."),
});

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
  endpoints: namedMap(Endpoint).default({}).describe("What it serves, by name."),
  connections: namedMap(Connection).default({}).describe("Other components that it needs, by a name of its own."),
});
export type WorkloadTemplate = z.infer<typeof WorkloadTemplate>;

export const Workload = documentOf(
  "Workload",
  WorkloadTemplate.extend({ owner: ComponentOwner.describe("The component that it belongs to.") }),
).describe("What runs, without an environment: containers, the endpoints they serve, the connections they need.");
export type Workload = z.infer<typeof Workload>;
