/** Health of an object, a Release or a plane. */
import { z } from "zod";

export const healthValues = ["Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"] as const;
export const Health = z.enum(healthValues);
export type Health = z.infer<typeof Health>;
