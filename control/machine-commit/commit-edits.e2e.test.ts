/** Auto-deploy's commits on real repositories: what people see of them, and that they never race a person or each other. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openNativeRepository } from "../../git/native/open.ts";
import type { Oid, Person, Repository } from "../../git/repository.ts";
import { specsRef } from "../../schemas/layout.ts";
import { load } from "../load/load.ts";
import { loadPlaces } from "../load/load-places.ts";
import { listGitFiles } from "../load/specs-files.ts";
import { renderSpecs } from "../render-specs.ts";
import { service, surroundings, treeOf } from "../specs-fixture.contract.ts";
import { commitEdits, type CommitEdits, type MachineCommit, proposalPrefix } from "./commit-edits.ts";
import type { Edit } from "./edit.ts";
import { editsOfSpecs } from "./edits-fixture.contract.ts";

const ann: Person = { name: "Ann", mail: "ann@example.org" };
const gitplane: Person = { name: "Gitplane", mail: "gitplane@gitplane.invalid" };
const bindingFile = "default/shop/cart/bindings/dev.yaml";

let folder: string;
let remote: Repository;
let specs: Repository;
let seconds = 1_700_000_000;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machine-commit-"));
  remote = await openNativeRepository({ path: join(folder, "remote.git"), create: true });
  specs = await openClone("clone.git");
});

afterEach(async () => {
  await specs[Symbol.asyncDispose]();
  await remote[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What a control plane works with whose specs are at a forge. */
async function openClone(name: string): Promise<Repository> {
  const url = `file://${join(folder, "remote.git")}`;
  return openNativeRepository({ path: join(folder, name), create: true, remote: { url } });
}

/** A person's push. */
async function push(changes: Readonly<Record<string, string | null>>, ref = specsRef): Promise<Oid> {
  const parent = await remote.readRef(ref);
  const next = await remote.commit({
    parent,
    changes: new Map(Object.entries(changes).map(([path, text]) => [path, text === null ? null : Buffer.from(text)])),
    message: "Change specs",
    author: ann,
    committer: ann,
    committedAtSeconds: seconds++,
  });
  const pushed = await remote.push(ref, { expect: parent, next });
  if (pushed.kind !== "pushed") throw new Error(`the test could not push: ${pushed.kind}`);
  return next;
}

async function head(repository = specs): Promise<Oid> {
  const oid = (await repository.fetch([specsRef])).get(specsRef);
  if (oid === undefined) throw new Error("there are no specs");
  return oid;
}

async function editsAt(revision: Oid, repository = specs): Promise<readonly Edit[]> {
  const files = await listGitFiles(repository, (await repository.readCommit(revision)).tree);
  const { rules } = await loadPlaces(files);
  return editsOfSpecs(await load([files], new Map()), rules).edits;
}

/** One round, as a control plane does it after it has published. */
async function round(overrides: Partial<CommitEdits> = {}): Promise<MachineCommit> {
  const repository = overrides.specs ?? specs;
  const revision = overrides.revision ?? (await head(repository));
  return commitEdits({
    specs: repository,
    revision,
    edits: overrides.edits ?? (await editsAt(revision, repository)),
    cause: revision,
    mode: "direct",
    nowSeconds: () => seconds++,
    signal: new AbortController().signal,
    ...overrides,
  });
}

async function filesAt(revision: Oid): Promise<Map<string, string>> {
  const files = await remote.listFiles((await remote.readCommit(revision)).tree);
  const read = files.map(
    async ({ path, oid }) => [path, Buffer.from(await remote.readBlob(oid)).toString("utf8")] as const,
  );
  return new Map(await Promise.all(read));
}

async function treesAt(revision: Oid): Promise<Readonly<Record<string, string>>> {
  const files = await listGitFiles(remote, (await remote.readCommit(revision)).tree);
  return Object.fromEntries(treeOf(renderSpecs(await load([files], new Map()))));
}

/** The repository, and something that happens just before it pushes. */
function beforePush(repository: Repository, happen: () => Promise<void>): Repository {
  return new Proxy(repository, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "push") return member.bind(target) as unknown;
      return async (...args: Parameters<Repository["push"]>) => {
        await happen();
        return target.push(...args);
      };
    },
  });
}

const cart = service("cart").join("---\n");
const base = { "platform.yaml": surroundings.join("---\n"), "cart.yaml": cart };

test("a person's change is followed by one commit of theirs, which renders to the same, and then by nothing", async () => {
  const revision = await push(base);
  const result = await round();
  const tip = await head();
  const { parents, author, committer, message, trailers } = await remote.readCommit(tip);
  expect(result).toMatchObject({ kind: "committed", ref: specsRef, revision: tip, refused: [] });
  expect({ parents, author, committer, message, trailers }).toEqual({
    parents: [revision],
    author: ann,
    committer: gitplane,
    message: `Deploy cart 1 to dev\n\nCaused-By: ${revision}\n`,
    trailers: [["Caused-By", revision]],
  });
  expect(await treesAt(tip)).toEqual(await treesAt(revision));
  expect(await round()).toEqual({ kind: "nothing", refused: [] });
  expect(await head()).toBe(tip);
});

test("the life of a component: deployed, annotated by hand, changed, suspended, removed", async () => {
  await push(base);
  await round();
  const first = (await filesAt(await head())).get(bindingFile) ?? "";
  const byHand = `# Ask Ann before you touch it.\n${first.replace("environment: dev", "environment: dev # ours\n  releaseState: Suspend")}`;
  await push({ [bindingFile]: byHand });
  expect((await round()).kind).toBe("nothing");
  await push({ "cart.yaml": cart.replace("app:1", "app:2") });
  expect((await round()).kind).toBe("committed");
  const files = await filesAt(await head());
  expect(files.get(bindingFile)).toBe(byHand.replace("app:1", "app:2"));
  expect((await round()).kind).toBe("nothing");
  const removal = await push({ "cart.yaml": null });
  expect(Object.keys(await treesAt(removal))).toEqual(["data.default.eu/plane.yaml"]);
  expect(await round()).toMatchObject({ kind: "committed", paths: [bindingFile] });
  const { message, author } = await remote.readCommit(await head());
  expect({ subject: message.split("\n")[0], author }).toEqual({ subject: "Remove cart from dev", author: ann });
  expect([...(await filesAt(await head())).keys()].filter((path) => path.startsWith("default/"))).toEqual([]);
  expect((await round()).kind).toBe("nothing");
});

test("a push between the read and the commit is not overwritten: the next round goes on from there", async () => {
  const revision = await push(base);
  await head();
  const late = await push({ "cart.yaml": cart.replace("app:1", "app:2") });
  expect(await round({ revision })).toEqual({ kind: "overtaken", refused: [] });
  expect(await remote.readRef(specsRef)).toBe(late);
  expect((await round()).kind).toBe("committed");
  expect((await filesAt(await head())).get(bindingFile)).toContain("app:2");
});

test("a push between the commit and its push is not overwritten either", async () => {
  await push(base);
  let late: Oid | undefined;
  const slow = beforePush(specs, async () => {
    late = await push({ "notes.txt": "x" });
  });
  expect(await round({ specs: slow })).toEqual({ kind: "overtaken", refused: [] });
  expect(await remote.readRef(specsRef)).toBe(late);
  expect((await round()).kind).toBe("committed");
});

test("two control planes at once end with one commit, and neither has more to do", async () => {
  await push(base);
  await using other = await openClone("other.git");
  const results = await Promise.all([round(), round({ specs: other })]);
  expect(results.map(({ kind }) => kind).toSorted()).toEqual(["committed", "overtaken"]);
  expect((await remote.log({ to: await head(), limit: 10 })).length).toBe(2);
  expect((await round()).kind).toBe("nothing");
  expect((await round({ specs: other })).kind).toBe("nothing");
});

test("killed between the commit and its push it leaves nothing, and the next one does it", async () => {
  const revision = await push(base);
  const killed = beforePush(specs, () => Promise.reject(new Error("killed")));
  await expect(round({ specs: killed })).rejects.toThrow("killed");
  expect(await remote.readRef(specsRef)).toBe(revision);
  expect((await round()).kind).toBe("committed");
  expect((await remote.log({ to: await head(), limit: 10 })).length).toBe(2);
});

test("killed after the push it finds nothing left to do", async () => {
  await push(base);
  const killed = new Proxy(specs, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "push") return member.bind(target) as unknown;
      return async (...args: Parameters<Repository["push"]>) => {
        await target.push(...args);
        throw new Error("killed");
      };
    },
  });
  await expect(round({ specs: killed })).rejects.toThrow("killed");
  expect((await remote.log({ to: await head(), limit: 10 })).length).toBe(2);
  expect((await round()).kind).toBe("nothing");
});

test("for a pull request: a branch with one commit, proposed once, anew when it says something else", async () => {
  const revision = await push(base);
  const proposed = await round({ mode: "branch" });
  if (proposed.kind !== "committed") throw new Error(proposed.kind);
  expect(proposed.ref.startsWith(proposalPrefix)).toBe(true);
  expect(await remote.readRef(specsRef)).toBe(revision);
  expect((await remote.readCommit(proposed.revision)).parents).toEqual([revision]);
  // People push other things meanwhile, and other control planes see it too.
  await push({ "notes.txt": "x" });
  await using other = await openClone("other.git");
  for (const repository of [specs, other])
    expect(await round({ mode: "branch", specs: repository })).toEqual({
      kind: "proposed",
      ref: proposed.ref,
      revision: proposed.revision,
      refused: [],
    });
  await push({ "cart.yaml": cart.replace("app:1", "app:2") });
  const next = await round({ mode: "branch" });
  expect(next).toMatchObject({ kind: "committed" });
  expect(next).not.toMatchObject({ ref: proposed.ref });
});

test("two control planes propose one branch at once", async () => {
  await push(base);
  await using other = await openClone("other.git");
  const results = await Promise.all([round({ mode: "branch" }), round({ mode: "branch", specs: other })]);
  expect(results.map(({ kind }) => kind).toSorted()).toEqual(["committed", "proposed"]);
  expect((await remote.listRefs(proposalPrefix)).size).toBe(1);
});

test("a proposal that was merged and undone is made again on its branch", async () => {
  await push(base);
  const proposed = await round({ mode: "branch" });
  if (proposed.kind !== "committed") throw new Error(proposed.kind);
  const merged = await remote.push(specsRef, { expect: await head(), next: proposed.revision });
  expect(merged.kind).toBe("pushed");
  expect((await round({ mode: "branch" })).kind).toBe("nothing");
  await push(Object.fromEntries(proposed.paths.map((path) => [path, null])));
  const again = await round({ mode: "branch" });
  expect(again).toMatchObject({ kind: "committed", ref: proposed.ref });
  expect(await remote.readRef(proposed.ref)).toBe(again.kind === "committed" ? again.revision : "");
});

test("switched off it writes nothing", async () => {
  const revision = await push(base);
  expect(await round({ mode: "off" })).toEqual({ kind: "nothing", refused: [] });
  expect(await remote.readRef(specsRef)).toBe(revision);
});

test("reads the files of its edits and no others", async () => {
  await push({ ...base, ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}.yaml`, "# nothing\n"])) });
  await round();
  await push({ "cart.yaml": cart.replace("app:1", "app:2") });
  const revision = await head();
  const edits = await editsAt(revision);
  const before = specs.reads.blobs;
  await round({ revision, edits });
  // What was just pushed may be kept and need no reading.
  expect(specs.reads.blobs - before).toBeLessThanOrEqual(1);
});

test.for([
  {
    what: "a file where a folder would be",
    more: { default: "x" },
    path: bindingFile,
    reason: "default is in the way",
  },
  {
    what: "ignored",
    more: { ".gitplaneignore": "/default/\n" },
    path: bindingFile,
    reason: ".gitplaneignore keeps it out of the specs",
  },
])("what cannot stand at its place is refused, and the rest is written once: $what", async ({ more, path, reason }) => {
  await push({ ...base, ...more });
  const first = await round();
  expect(first).toMatchObject({ kind: "committed", refused: [{ path, reason }] });
  expect(await round()).toEqual({ kind: "nothing", refused: [{ path, reason }] });
});

test("machine commits that cause each other without end stop", async () => {
  await push(base);
  const kinds: string[] = [];
  for (let count = 0; count < 8; count += 1) {
    const revision = await head();
    // As another control plane would, whose rules differ, over and over.
    const edit: Edit = {
      action: "freeze",
      path: `.gitplane/frozen/${count}.yaml`,
      text: surroundings[5] ?? "",
      frozen: `${count}`,
    };
    const { kind } = await round({ revision, edits: [edit] });
    kinds.push(kind);
  }
  expect(kinds).toEqual([...Array.from({ length: 5 }, () => "committed"), "stopped", "stopped", "stopped"]);
  await push({ "notes.txt": "a person" });
  expect((await round()).kind).toBe("committed");
});
