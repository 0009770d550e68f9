import { z } from "zod";
import { documentOf } from "./metadata.ts";

/** A tenant. Everything in a namespace of its name belongs to it. */
export const Organization = documentOf("Organization", z.strictObject({}).default({}));
export type Organization = z.infer<typeof Organization>;
