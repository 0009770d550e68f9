import { z } from "zod";

/** As resource.ParseQuantity takes it: a decimal number with a binary, decimal or exponent suffix (Kubernetes, "Quantity"). */
const quantity = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/;

/** An amount such as `100m`, `0.5` or `64Mi`; YAML reads some of them as numbers, and so does the API server. */
export const Quantity = z
  .unknown()
  .refine((value) => typeof value === "number" || (typeof value === "string" && quantity.test(value)), {
    error: "must be a quantity, such as 100m, 0.5 or 64Mi",
  })
  .meta({ anyOf: [{ type: "string", pattern: quantity.source }, { type: "number" }] });
