import { z } from "zod";
import { documentOf, Name } from "./metadata.ts";

/** A stage of delivery, served by one data plane (the plane `default` when none is named, as upstream does). */
export const Environment = documentOf(
  "Environment",
  z.strictObject({
    dataPlaneRef: Name.default("default"),
    isProduction: z.boolean().exactOptional(),
    gateway: z
      .strictObject({
        dnsPrefix: Name.exactOptional(),
        security: z.strictObject({ remoteJwks: z.strictObject({ uri: z.string() }).exactOptional() }).exactOptional(),
      })
      .exactOptional(),
  }),
);
export type Environment = z.infer<typeof Environment>;
