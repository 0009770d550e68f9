/** What is held from revision to revision is what a render from scratch makes (invariant 1). */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NativeRepository, openNativeRepository } from "../../git/native/open.ts";
import { compareText } from "../../schemas/compare.ts";
import { platform } from "../platform-arbitrary.contract.ts";
import type { Rendered } from "./rendered.ts";
import { renderSpecs } from "../render-specs.ts";
import { loadPlaces } from "../load/load-places.ts";
import { editsOfSpecs } from "../machine-commit/edits-fixture.contract.ts";
import { type Files, loadFiles, specsFiles, treeOf } from "../specs-fixture.contract.ts";
import { LiveSpecs } from "./live-specs.ts";

let folder: string;
let repository: NativeRepository;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-engine-"));
  repository = await openNativeRepository({ path: join(folder, "specs.git"), create: true });
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function seen(rendered: Rendered): unknown {
  return {
    tree: Object.fromEntries(treeOf(rendered)),
    problems: rendered.problems,
    claimed: rendered.releases.map(({ claimed }) => claimed),
    unrendered: rendered.unrendered,
    bindings: [...rendered.bindings.keys()].toSorted(),
    stop: rendered.stop,
  };
}

type Edit = { readonly from: number; readonly to: number; readonly line: number; readonly how: string };

const places = "apiVersion: openchoreo.dev/v1alpha1\nkind: Places\nplaces:\n";

/** Takes a line, or a whole file, of another version of the platform, puts a mistake in, or says who may write where. */
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
    case "twice":
      files.set(`twice-${path}`, files.get(path) ?? "");
      break;
    case "move":
      files.set(`moved/${path}`, files.get(path) ?? "");
      files.delete(path);
      break;
    case "places":
      files.set(
        "gitplane.yaml",
        `${places}  - {path: /, organizations: ["*"], kinds: ["*"]}\n  - {path: ${path}, organizations: ["*"], kinds: [Component]}\n`,
      );
      break;
    case "ignore":
      files.set(".gitplaneignore", `${path}\n`);
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
    how: fc.constantFrom(
      "replace",
      "remove",
      "cut",
      "spoil",
      "twice",
      "move",
      "places",
      "ignore",
      "main",
      "default",
      "8080",
    ),
  }),
  { minLength: 1, maxLength: 8 },
);

const person = { name: "Ann", mail: "ann@example.org" };

/** A commit of exactly these files. */
async function commit(files: ReadonlyMap<string, string>): Promise<string> {
  const changes = new Map([...files].map(([path, text]) => [path, Buffer.from(text)] as const));
  const rest = { parent: undefined, message: "Specs", author: person, committer: person, committedAtSeconds: 1 };
  return repository.commit({ ...rest, changes });
}

test("whatever is edited, what is held gives what a render from scratch gives", { timeout: 900_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(platform, { minLength: 1, maxLength: 3 }), edits, async (platforms, steps) => {
      const live = new LiveSpecs(repository);
      const versions = platforms.map((each) => each.files);
      const files = new Map<string, string>();
      for (const [path, text] of versions[0] ?? []) if (typeof text === "string") files.set(path, text);
      for (const step of [undefined, ...steps]) {
        if (step !== undefined) edit(files, versions, step);
        const held = await live.move(await commit(files));
        const fresh = seen(renderSpecs(await loadFiles(files)));
        expect(seen(held)).toEqual(fresh);
        const { rules } = await loadPlaces(specsFiles(files));
        expect(live.outdated()).toEqual(editsOfSpecs(await loadFiles(files), rules));
        live.forgetTexts();
        expect(seen(held)).toEqual(fresh);
      }
    }),
    { numRuns: 60 },
  );
});
