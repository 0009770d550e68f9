import { z } from "zod";
import { PlatformCellSettings } from "./cell-settings.ts";
import { documentOf, Name } from "./metadata.ts";

/** The DataPlane of an Environment that names none. */
export const defaultPlane = "default";

/** How many DataPlanes an Environment may have. */
export const planesLimit = 20;

const DataPlaneNames = z
  .array(Name)
  .min(1)
  .max(planesLimit)
  .refine((names) => new Set(names).size === names.length, { error: "names a DataPlane twice" })
  .meta({
    uniqueItems: true,
    "x-kubernetes-validations": [
      { rule: "self.all(name, self.exists_one(other, other == name))", message: "names a DataPlane twice" },
    ],
  });

const eitherOne = "has dataPlaneRef and dataPlaneRefs: keep one of them";

const EnvironmentSpec = z
  .strictObject({
    dataPlaneRef: Name.exactOptional().describe(
      `The DataPlane that serves it. [${defaultPlane}] without it and dataPlaneRefs.`,
    ),
    dataPlaneRefs: DataPlaneNames.exactOptional().describe(
      "The DataPlanes that serve it together, such as one a region: everything in it runs on each of them.",
    ),
    isProduction: z.boolean().exactOptional().describe("Whether it serves real users."),
    gateway: z
      .strictObject({
        dnsPrefix: Name.exactOptional().describe("First label of its host names. The environment's name when absent."),
        security: z
          .strictObject({
            remoteJwks: z
              .strictObject({ uri: z.string().describe("Address of the key set.") })
              .exactOptional()
              .describe("Keys that tokens are checked with."),
          })
          .exactOptional()
          .describe("Upstream's defaults for security. Not used, so a warning: an APIClass says it."),
      })
      .exactOptional()
      .describe("How it is reached."),
    cell: PlatformCellSettings.exactOptional().describe(
      "How every cell of the environment is made, laid over the DataPlane's.",
    ),
  })
  .refine(({ dataPlaneRef, dataPlaneRefs }) => dataPlaneRef === undefined || dataPlaneRefs === undefined, {
    error: eitherOne,
  })
  .meta({
    not: { required: ["dataPlaneRef", "dataPlaneRefs"] },
    "x-kubernetes-validations": [{ rule: "!has(self.dataPlaneRef) || !has(self.dataPlaneRefs)", message: eitherOne }],
  });

export const Environment = documentOf("Environment", EnvironmentSpec).describe(
  "A stage of delivery, served by one data plane or by several.",
);
export type Environment = z.infer<typeof Environment>;

/** Names of the DataPlanes that serve it, as they are written. */
export function dataPlanesOf({ dataPlaneRef = defaultPlane, dataPlaneRefs }: Environment["spec"]): readonly string[] {
  return dataPlaneRefs ?? [dataPlaneRef];
}
