import { expect, test } from "vitest";
import { workMs } from "../specs-fixture.contract.ts";
import { nearestName } from "./nearest.ts";

const names = ["host", "port", "scheme", "basePath", "cart", "deploymentPipelineRef"];

test.for([
  { word: "hots", means: "host" },
  { word: "PORT", means: "port" },
  { word: "basepath", means: "basePath" },
  { word: "deploymentPipelinRef", means: "deploymentPipelineRef" },
  { word: "crt", means: "cart" },
  { word: "xy", means: undefined },
  { word: "replicas", means: undefined },
  { word: "", means: undefined },
  { word: "c".repeat(101), means: undefined },
])("$word means $means", ({ word, means }) => {
  expect(nearestName(word, names)).toBe(means);
});

test("of two that are as near the first counts, so the order of files decides and nothing else", () => {
  expect(nearestName("bat", ["cat", "hat"])).toBe("cat");
});

test("two hundred misspelt names among a hundred thousand candidates take no time that anybody notices", () => {
  const candidates = Array.from({ length: 100_000 }, (_, index) => `component-${index}-of-the-shop`);
  const startedMs = workMs();
  for (let index = 0; index < 200; index += 1) nearestName(`component-${index}-of-teh-shp`, candidates);
  expect(workMs() - startedMs).toBeLessThan(1000);
});
