/** What is remembered from round to round is what a render from scratch makes (invariant 1). */
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareText } from "../schemas/compare.ts";
import type { ParseCache } from "./load/load.ts";
import { platform } from "./platform-arbitrary.contract.ts";
import { Recall } from "./recall.ts";
import { type Rendered, renderSpecs } from "./render-specs.ts";
import { type Files, loadFiles, treeOf } from "./specs-fixture.contract.ts";

function seen(rendered: Rendered): unknown {
  return {
    tree: Object.fromEntries(treeOf(rendered)),
    problems: rendered.problems,
    claimed: rendered.releases.map(({ claimed }) => claimed),
  };
}

type Edit = { readonly from: number; readonly to: number; readonly line: number; readonly how: string };

/** Takes a line, or a whole file, of another version of the platform, or puts a mistake in. */
function edit(files: Map<string, string>, others: readonly Files[], { from, to, line, how }: Edit): void {
  const other = others[from % others.length] ?? new Map();
  const paths = [...new Set([...files.keys(), ...other.keys()])].toSorted(compareText);
  const path = paths[to % paths.length] ?? "";
  const lines = (files.get(path) ?? "").split("\n");
  const replacement = other.get(path);
  switch (how) {
    case "replace":
      if (typeof replacement === "string") files.set(path, replacement);
      else files.delete(path);
      break;
    case "remove":
      files.delete(path);
      break;
    case "cut":
      files.set(path, lines.toSpliced(line % lines.length, 1).join("\n"));
      break;
    case "spoil":
      files.set(path, lines.toSpliced(line % lines.length, 0, "  x: [").join("\n"));
      break;
    default:
      files.set(path, (files.get(path) ?? "").replaceAll(how, `${how}x`));
  }
}

const edits = fc.array(
  fc.record({
    from: fc.nat(3),
    to: fc.nat(60),
    line: fc.nat(40),
    how: fc.constantFrom("replace", "remove", "cut", "spoil", "main", "default", "8080"),
  }),
  { minLength: 1, maxLength: 6 },
);

test("whatever is edited, remembered work gives what a render from scratch gives", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(platform, { minLength: 1, maxLength: 3 }), edits, async (platforms, steps) => {
      const recall = new Recall();
      const cache: ParseCache = new Map();
      const versions = platforms.map((each) => each.files);
      const files = new Map(versions[0]);
      for (const step of [undefined, ...steps]) {
        if (step !== undefined) edit(files, versions, step);
        const remembered = renderSpecs(await loadFiles(files, cache), recall);
        expect(seen(remembered)).toEqual(seen(renderSpecs(await loadFiles(files))));
      }
    }),
    { numRuns: 200 },
  );
});
