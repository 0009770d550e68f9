import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const names = ["containers", "endpoints", "connections", "owner"];

test.each([
  ["contaners", "containers"],
  ["Endpoint", "endpoints"],
  ["ower", "owner"],
  ["replicas", undefined],
  ["", undefined],
  ["x".repeat(10_000), undefined],
])("for %.20j means %j", (word, meant) => {
  expect(nearest(word, names)).toBe(meant);
});
