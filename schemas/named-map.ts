/** Things by name, at most so many that a person can still read them and an API server affords a rule for each. */
import { z } from "zod";
import { Name } from "./metadata.ts";

const namedMapLimit = 100;

export function namedMap<Value extends z.ZodType>(value: Value, limit = namedMapLimit) {
  return z
    .record(Name, value)
    .refine((map) => Object.keys(map).length <= limit, { error: `holds more than ${limit} entries` })
    .meta({ maxProperties: limit });
}
