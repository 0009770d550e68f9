/** On many generated platforms: what auto-deploy writes changes nothing that is rendered, and leaves nothing more to write. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { platform } from "../platform-arbitrary.contract.ts";
import { readPlatform, renderFilesOf, treeOf } from "../specs-fixture.contract.ts";
import { editsOf, withEdits } from "./edits-fixture.contract.ts";

type Texts = ReadonlyMap<string, string>;

async function treesOf(files: Texts): Promise<Readonly<Record<string, string>>> {
  const rendered = await renderFilesOf(files);
  expect(rendered.problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return Object.fromEntries(treeOf(rendered));
}

/** Each component's image moved on, its Binding in the first environment there or not. */
const moved = (files: Texts): Texts =>
  new Map([...files].map(([path, text]) => [path, text.replaceAll("registry.example/a:1", "registry.example/a:2")]));

test("what is written renders to the same trees, and then nothing is left to write", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(platform, async ({ files }) => {
      const first = await editsOf(files);
      const written = withEdits(files, first.edits);
      expect(first.edits.length).toBeGreaterThan(0);
      expect(await treesOf(written)).toEqual(await treesOf(files));
      expect(await editsOf(written)).toEqual({ edits: [], problems: [] });
      const next = moved(written);
      const again = withEdits(next, (await editsOf(next)).edits);
      expect(await treesOf(again)).toEqual(await treesOf(next));
      expect(await editsOf(again)).toEqual({ edits: [], problems: [] });
    }),
    { numRuns: 80 },
  );
});

test(
  "places that allow no Binding where it would be written: it is not, and a warning says so",
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(platform, async ({ files }) => {
        const rules = `apiVersion: openchoreo.dev/v1alpha1\nkind: Places\nplaces:\n${[...new Set([...files.keys()].map((path) => path.split("/")[0] ?? ""))].map((path) => `  - path: ${JSON.stringify(path)}\n    organizations: ["*"]\n    kinds: ["*"]\n`).join("")}`;
        const placed = new Map([...files, ["gitplane.yaml", rules]]);
        const { edits, problems } = await editsOf(placed);
        expect(edits).toEqual([]);
        expect(problems.length).toBeGreaterThan(0);
        expect(new Set(problems.map(({ code, severity }) => `${severity} ${code}`))).toEqual(
          new Set(["warning misplaced-document"]),
        );
      }),
      { numRuns: 30 },
    );
  },
);

test("the sample platform is written once, and its own Bindings stay as they are", async () => {
  const files = await readPlatform();
  const { edits, problems } = await editsOf(files);
  const written = withEdits(files, edits);
  expect(problems).toEqual([]);
  for (const [path, text] of files) expect(written.get(path)).toBe(text);
  expect([...written.keys()].filter((path) => !files.has(path)).filter((path) => !path.startsWith(".")).length).toBe(
    17,
  );
  expect(await treesOf(written)).toEqual(await treesOf(files));
  expect(await editsOf(written)).toEqual({ edits: [], problems: [] });
});
