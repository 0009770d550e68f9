/** What is held from revision to revision is what a render from scratch makes (invariant 1). */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NativeRepository, openNativeRepository } from "../../git/native/open.ts";
import { platform } from "../platform-arbitrary.contract.ts";
import type { Rendered } from "./rendered.ts";
import { renderSpecs } from "../render-specs.ts";
import { loadPlaces } from "../load/load-places.ts";
import { editsOfSpecs } from "../machine-commit/edits-fixture.contract.ts";
import { editSpecs, specsEdit } from "../specs-edits.contract.ts";
import { loadFiles, specsFiles, treeOf } from "../specs-fixture.contract.ts";
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

const edits = fc.array(specsEdit, { minLength: 1, maxLength: 8 });

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
        if (step !== undefined) editSpecs(files, versions, step);
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
