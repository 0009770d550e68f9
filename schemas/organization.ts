import { z } from "zod";
import { documentOf } from "./metadata.ts";

export const Organization = documentOf("Organization", z.strictObject({}).default({})).describe(
  "A tenant. Everything in a namespace of its name belongs to it.",
);
export type Organization = z.infer<typeof Organization>;
