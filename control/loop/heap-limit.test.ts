import { expect, test } from "vitest";
import { heapLimitMib } from "./heap-limit.ts";

const gib = 2 ** 30;

test.each([
  { name: "three quarters of the machine without a bound", total: 64 * gib, constrained: 0, expected: 48 * 1024 },
  { name: "three quarters of the container", total: 64 * gib, constrained: 2 * gib, expected: 1536 },
  {
    name: "what there is, where the kernel says no bound as a huge one",
    total: gib,
    constrained: 2 ** 63,
    expected: 768,
  },
])("is $name", ({ total, constrained, expected }) => {
  expect(heapLimitMib(total, constrained)).toBe(expected);
});
