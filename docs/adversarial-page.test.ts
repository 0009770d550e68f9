import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { adversarialCases } from "./adversarial-cases.ts";
import { adversarialPage, type NamedTest, readNamedTests } from "./adversarial-page.ts";

const whole: readonly NamedTest[] = adversarialCases
  .filter(({ later }) => later === undefined)
  .map(({ id }) => ({ ids: [id], file: "a.test.ts", name: "holds" }));

test("each case has tests of its name or a reason, as committed; `npm run docs` mends it", async () => {
  const committed = await readFile(join(import.meta.dirname, "adversarial.md"), "utf8");
  expect(adversarialPage(await readNamedTests()), "run `npm run docs` and commit what it writes").toBe(committed);
});

test("are C01 to C68, each once", () => {
  const ids = Array.from({ length: 68 }, (_, index) => `C${String(index + 1).padStart(2, "0")}`);
  expect(adversarialCases.map(({ id }) => id)).toEqual(ids);
});

test("a case that lost its tests, one that was tested although it comes later, and one that is none, are told", () => {
  expect(adversarialPage(whole)).toContain("| C56 |");
  expect(() => adversarialPage(whole.slice(1))).toThrow("C01 has 0 tests and no reason");
  expect(() => adversarialPage([...whole, { ids: ["C67"], file: "a.test.ts", name: "x" }])).toThrow("C67 has 1 tests");
  expect(() => adversarialPage([...whole, { ids: ["C99"], file: "a.test.ts", name: "x" }])).toThrow("C99 in a.test.ts");
});
