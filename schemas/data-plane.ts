import { z } from "zod";
import { documentOf } from "./metadata.ts";

/** A host name: DNS labels joined by dots (RFC 1123), at most 253 characters, no wildcard. */
export const HostName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, {
    error: "must be a host name in lower case, such as apps.example.org",
  });

/**
 * A cluster that runs applications, with an agent. The agent pulls, so no credential of the cluster is needed; the fields
 * that upstream keeps them in are known only to be refused with a Problem of their own.
 */
export const DataPlane = documentOf(
  "DataPlane",
  z.strictObject({
    registry: z.strictObject({ prefix: z.string(), secretRef: z.string().exactOptional() }).exactOptional(),
    kubernetesCluster: z.strictObject({ name: z.string(), credentials: z.unknown().exactOptional() }).exactOptional(),
    gateway: z
      .strictObject({
        publicVirtualHost: HostName.exactOptional(),
        organizationVirtualHost: HostName.exactOptional(),
      })
      .exactOptional(),
    observer: z.strictObject({ url: z.string(), authentication: z.unknown().exactOptional() }).exactOptional(),
  }),
);
export type DataPlane = z.infer<typeof DataPlane>;
