import { z } from "zod";
import { ComponentOwner, documentOf, Name } from "./metadata.ts";
import { UnusedOverrides } from "./service.ts";

/** A developer's request for a web application, reachable from outside under a host of its own. */
export const WebApplication = documentOf(
  "WebApplication",
  z.strictObject({
    owner: ComponentOwner,
    workloadName: Name,
    className: Name.default("default"),
    overrides: UnusedOverrides.exactOptional(),
  }),
);
export type WebApplication = z.infer<typeof WebApplication>;
