/** Only what depends on a change is made anew. */
import { expect, test } from "vitest";
import { load, type Specs } from "../load/load.ts";
import { readPlatform, specsFiles } from "../specs-fixture.contract.ts";
import { Engine, type EngineCounts } from "./engine.ts";

/** Each file as contents of its own. */
async function contentsOf(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, Specs>> {
  const contents = new Map<string, Specs>();
  for (const file of specsFiles(files)) contents.set(file.path, await load([[file]], new Map()));
  return contents;
}

async function measure(path: string, edit: (text: string) => string): Promise<EngineCounts> {
  const files = await readPlatform();
  const before = await contentsOf(files);
  const engine = new Engine();
  engine.exchange({
    gone: [],
    come: [...before.values()],
    problems: [],
    recoveries: [],
    approvals: [],
    stop: undefined,
    rules: undefined,
  });
  const first = engine.counts;
  const text = edit(files.get(path) ?? "");
  expect(text).not.toBe(files.get(path));
  const after = await contentsOf(new Map([[path, text]]));
  const gone = [before.get(path)].filter((one) => one !== undefined);
  engine.exchange({
    gone,
    come: [...after.values()],
    problems: [],
    recoveries: [],
    approvals: [],
    stop: undefined,
    rules: undefined,
  });
  return { checked: engine.counts.checked - first.checked, rendered: engine.counts.rendered - first.rendered };
}

test("an edited image makes its one Release anew, and none of those that connect to it", async () => {
  const counts = await measure("shop/cart.yaml", (text) => text.replace("cart:1.0.0", "cart:1.0.1"));
  expect(counts).toEqual({ checked: 3, rendered: 1 });
});

test("an edited port makes those that connect to it anew", async () => {
  const { rendered } = await measure("shop/cart.yaml", (text) => text.replaceAll("8080", "8081"));
  expect(rendered).toBeGreaterThan(1);
  expect(rendered).toBeLessThan(6);
});
