/** What is held from revision to revision, and what a process keeps for the next, is what a render from scratch makes (invariant 1). */
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
import { loadFiles, readPlatform, readTexts, repositoryRoot, specsFiles, treeOf } from "../specs-fixture.contract.ts";
import { planeKey } from "../../schemas/layout.ts";
import { hashObject } from "../../git/object-id.ts";
import { LiveSpecs } from "./live-specs.ts";
import { MemoryFile } from "./memory-file.ts";
import type { ReleaseMemory } from "./release-memory.ts";

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
    // First: a text that is asked for mends what was said of it.
    blobs: rendered.releases.map((release) => [planeKey(release.plane), release.path, release.blobId("sha1")]),
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

/** As the next process finds it. */
async function passOn(live: LiveSpecs): Promise<ReleaseMemory> {
  const file = new MemoryFile(join(folder, "known-releases"), "program");
  await file.write(live.remembered());
  const found = await file.read();
  if (found.kind !== "found") throw new Error(JSON.stringify(found));
  return found.memory;
}

test(
  "a process that starts with what another kept gives what a render from scratch gives",
  { timeout: 900_000 },
  async () => {
    let recalled = 0;
    const next = fc.record({
      edit: specsEdit,
      isRestarted: fc.boolean(),
      isSeen: fc.boolean(),
      isProven: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(platform, { minLength: 1, maxLength: 3 }),
        fc.array(next, { minLength: 1, maxLength: 8 }),
        async (platforms, steps) => {
          const versions = platforms.map((each) => each.files);
          const files = new Map<string, string>();
          for (const [path, text] of versions[0] ?? []) if (typeof text === "string") files.set(path, text);
          let live = new LiveSpecs(repository);
          await live.move(await commit(files));
          for (const { edit, isRestarted, isSeen, isProven } of steps) {
            editSpecs(files, versions, edit);
            if (isRestarted) live = new LiveSpecs(repository, await passOn(live));
            if (!isSeen) continue;
            const held = await live.move(await commit(files));
            recalled += live.counts.recalled;
            expect(live.prove(isProven ? 1000 : 0)).not.toBe("wrong");
            expect(seen(held)).toEqual(seen(renderSpecs(await loadFiles(files))));
            const { rules } = await loadPlaces(specsFiles(files));
            expect(live.outdated()).toEqual(editsOfSpecs(await loadFiles(files), rules));
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(recalled).toBeGreaterThan(0);
  },
);

/** The line with another value, and without one; nothing of a line that has none. */
function otherValues(line: string): readonly string[] {
  const [, before, value] = /^(\s*(?:- )?[\w./-]+: )(\S.*)$/.exec(line) ?? [];
  if (before === undefined || value === undefined) return [];
  return [
    `${before}${/\d$/.test(value) ? value.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)) : `${value}x`}`,
    before,
  ];
}

test.for([
  { what: "the sample platform", read: readPlatform },
  { what: "an environment in two regions", read: () => readTexts(join(repositoryRoot, "fixtures", "regions")) },
])(
  "whatever value of $what is another, what is known of a Release is what it renders to",
  { timeout: 900_000 },
  async ({ read }) => {
    const files = await read();
    const live = new LiveSpecs(repository);
    await live.move(await commit(files));
    let changed = 0;
    const proven = new WeakSet<object>();
    for (const [path, text] of files) {
      const lines = text.split("\n");
      for (const [at, line] of lines.entries()) {
        for (const other of otherValues(line)) {
          const edited = new Map(files).set(path, lines.with(at, other).join("\n"));
          const rendered = await live.move(await commit(edited));
          changed += rendered.changed.size;
          for (const release of rendered.releases.filter((one) => !proven.has(one))) {
            proven.add(release);
            const known = release.blobId("sha1");
            const made = hashObject("sha1", "blob", Buffer.from(release.text()));
            expect({ path, other, release: release.path, known }).toEqual({
              path,
              other,
              release: release.path,
              known: made,
            });
          }
          live.forgetTexts();
        }
      }
      await live.move(await commit(files));
    }
    expect(changed).toBeGreaterThan(100);
  },
);
