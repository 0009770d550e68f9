import { z } from "zod";
import { Connection } from "./connection.ts";
import { ImageReference, PortNumber } from "./kubernetes/formats.ts";
import { ComponentOwner, documentOf, Name } from "./metadata.ts";
import { namedMap } from "./named-map.ts";
import { variableLimit, VariableName } from "./variable.ts";

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

export const WorkloadTemplate = z.strictObject({
  containers: namedMap(Container)
    .refine((containers) => Object.keys(containers).length > 0, { error: "needs at least one container" })
    .meta({ minProperties: 1 })
    .describe(
      "Containers by name. The one called `main` (or the first by name) gets ports and connections; names meet those of the class's containers.",
    ),
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
