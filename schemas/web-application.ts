import type { z } from "zod";
import { ClaimSpec } from "./claim.ts";
import { documentOf } from "./metadata.ts";

export const WebApplication = documentOf("WebApplication", ClaimSpec).describe(
  "A developer's request for a web application, reachable from outside under a host of its own.",
);
export type WebApplication = z.infer<typeof WebApplication>;
