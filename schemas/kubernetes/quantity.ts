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

const amount = /^(\+?([0-9]+\.?[0-9]*|\.[0-9]+)|-(0+\.?0*|\.0+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/;

/** A quantity that is not below nothing: what resources are counted in. */
export const Amount = Quantity.refine((value) => (quantityOf(value) ?? 0) >= 0, { error: "must not be negative" }).meta(
  {
    anyOf: [
      { type: "string", pattern: amount.source },
      { type: "number", minimum: 0 },
    ],
  },
);

const positiveAmount =
  /^\+?([0-9]*[1-9][0-9]*\.?[0-9]*|[0-9]*\.[0-9]*[1-9][0-9]*)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/;

/** A quantity of more than nothing; as a number at least the smallest that there is. */
export const PositiveAmount = Amount.refine((value) => quantityOf(value) !== 0, {
  error: "must be more than nothing",
}).meta({
  anyOf: [
    { type: "string", pattern: positiveAmount.source },
    { type: "number", minimum: 1e-9 },
  ],
});

const decimals: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaries = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** The amount as a number, for comparison; undefined for what is none. Exact up to the precision of a double. */
export function quantityOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const match = typeof value === "string" ? quantity.exec(value) : null;
  if (match === null || typeof value !== "string") return undefined;
  const suffix = match[2] ?? "";
  const number = value.slice(0, value.length - suffix.length);
  const binary = binaries.indexOf(suffix);
  if (binary >= 0) return Number(number) * 1024 ** (binary + 1);
  // As text, because 0.1 * 1000 and 100 * 0.001 are not what a person wrote.
  return Number(suffix in decimals ? `${number}e${decimals[suffix] ?? 0}` : value);
}
