import { expect, test } from "vitest";
import { Figure, judge } from "./figure.ts";

const around = { workload: "validate", limit: 60, composition: "3 files" };

test.for([
  { what: "at its target on a quiet machine", value: 5, target: 5, load1: 1.49, met: true },
  { what: "beyond its target on a quiet machine", value: 5.01, target: 5, load1: 0, met: false },
  { what: "at its target on a busy machine", value: 5, target: 5, load1: 1.5, met: null },
  { what: "beyond its target on a busy machine", value: 9, target: 5, load1: 1.5, met: null },
  { what: "without a target", value: 9, target: undefined, load1: 0, met: null },
])("says of a figure $what that met is $met", ({ value, target, load1, met }) => {
  const measured = { figure: "median", value, unit: "s" as const, ...(target === undefined ? {} : { target }) };
  const figure = judge(measured, { ...around, load1 });
  expect(figure).toEqual({ ...around, figure: "median", value, unit: "s", target: target ?? null, met, load1 });
  expect(Figure.parse(figure)).toEqual(figure);
});
