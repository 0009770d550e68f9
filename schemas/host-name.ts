import { z } from "zod";

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const name = `${label}(\\.${label})*`;

/** A host name: DNS labels joined by dots (RFC 1123), at most 253 characters, no wildcard. */
export const HostName = z
  .string()
  .max(253)
  .regex(new RegExp(`^${name}$`), {
    error: "must be a host name in lower case, such as apps.example.org",
  });

/** A host name, `*.` before one for every host below it, or `*` for every host. */
export const HostPattern = z
  .string()
  .max(253)
  .regex(new RegExp(`^(\\*|(\\*\\.)?${name})$`), {
    error: "must be a host name in lower case, *. and one for every host below it, or * for every host",
  });

export function matchesHost(host: string, pattern: string): boolean {
  if (pattern === "*") return true;
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern;
}
