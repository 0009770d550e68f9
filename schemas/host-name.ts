import { z } from "zod";

/** A host name: DNS labels joined by dots (RFC 1123), at most 253 characters, no wildcard. */
export const HostName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, {
    error: "must be a host name in lower case, such as apps.example.org",
  });
