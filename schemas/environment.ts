import { z } from "zod";
import { CellSettings } from "./cell-settings.ts";
import { documentOf, Name } from "./metadata.ts";

export const Environment = documentOf(
  "Environment",
  z.strictObject({
    dataPlaneRef: Name.default("default").describe("The DataPlane that serves it."),
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
    cell: CellSettings.exactOptional().describe(
      "How every cell of the environment is made, laid over the DataPlane's.",
    ),
  }),
).describe("A stage of delivery, served by one data plane.");
export type Environment = z.infer<typeof Environment>;
