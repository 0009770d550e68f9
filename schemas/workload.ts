import { z } from "zod";
import { ComponentOwner, documentOf, Name } from "./metadata.ts";

const KeyReference = z.strictObject({ name: z.string(), key: z.string() });

/** Kubernetes takes any printable ASCII but `=` in a variable's name; shells and this schema take the portable set. */
const VariableName = z
  .string()
  .regex(/^[A-Za-z_.-][A-Za-z0-9_.-]*$/, { error: "must be a name of letters, digits, _, - and ." });

export const Container = z.strictObject({
  image: z.string().min(1).regex(/^\S+$/, { error: "must be an image reference without spaces" }),
  command: z.array(z.string()).exactOptional(),
  args: z.array(z.string()).exactOptional(),
  env: z
    .array(
      z.strictObject({
        key: VariableName,
        value: z.string().exactOptional(),
        valueFrom: z
          .strictObject({
            configurationGroupRef: KeyReference.exactOptional(),
            secretRef: KeyReference.exactOptional(),
          })
          .exactOptional(),
      }),
    )
    .exactOptional(),
});

export const endpointTypes = ["HTTP", "REST", "gRPC", "GraphQL", "Websocket", "TCP", "UDP"] as const;

export const Endpoint = z.strictObject({
  type: z.enum(endpointTypes),
  port: z.int().min(1).max(65535),
  schema: z.strictObject({ type: z.string().exactOptional(), content: z.string().exactOptional() }).exactOptional(),
});
export type Endpoint = z.infer<typeof Endpoint>;

export const Connection = z.strictObject({
  type: z.literal("api"),
  params: z.strictObject({ projectName: Name.exactOptional(), componentName: Name, endpoint: z.string() }),
  inject: z.strictObject({ env: z.array(z.strictObject({ name: VariableName, value: z.string().max(4096) })) }),
});
export type Connection = z.infer<typeof Connection>;

/** What runs, without an environment: containers, the endpoints they serve, the connections they need. */
export const WorkloadTemplate = z.strictObject({
  containers: z
    .record(Name, Container)
    .refine((containers) => Object.keys(containers).length > 0, { error: "needs at least one container" }),
  endpoints: z.record(Name, Endpoint).default({}),
  connections: z.record(Name, Connection).default({}),
});
export type WorkloadTemplate = z.infer<typeof WorkloadTemplate>;

export const Workload = documentOf("Workload", WorkloadTemplate.extend({ owner: ComponentOwner }));
export type Workload = z.infer<typeof Workload>;
