/** Only what changed is made anew. */
import { expect, test } from "vitest";
import type { ParseCache } from "./load/load.ts";
import { Recall } from "./recall.ts";
import { renderSpecs } from "./render-specs.ts";
import { loadFiles, readPlatform } from "./specs-fixture.contract.ts";

test("one edited image makes one Binding and the checks of its file anew", async () => {
  const recall = new Recall();
  const cache: ParseCache = new Map();
  const files = await readPlatform();
  renderSpecs(await loadFiles(files, cache), recall);
  const first = recall.takeCounts();
  files.set("shop/cart.yaml", (files.get("shop/cart.yaml") ?? "").replace("cart:1.0.0", "cart:1.0.1"));
  renderSpecs(await loadFiles(files, cache), recall);
  const second = recall.takeCounts();
  // Three documents with their checks, the Binding that follows them, and those that look at what it connects to.
  expect(first.kept).toBe(0);
  expect(second.made).toBeLessThan(20);
  expect(second.kept).toBeGreaterThan(first.made - 20);
});
