import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type NativeRepository, openNativeRepository } from "../git/native/open.ts";
import type { Oid } from "../git/repository.ts";
import { type AppliedRecord, emptyRecord } from "../schemas/applied-record.ts";
import { isKnownPath, verifyRevision } from "./fetch.ts";
import { PlaneBranch } from "./plane-branch.ts";
import { testPlane } from "./testbed.ts";

const webPath = "releases/shop/dev/web.yaml";

let folder: string;
let repository: NativeRepository;
let branch: PlaneBranch;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-fetch-"));
  repository = await openNativeRepository({ path: folder, create: true });
  branch = new PlaneBranch(repository, testPlane);
});
afterEach(async () => {
  await repository[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function judge(revision: Oid, record: Partial<AppliedRecord> = {}): Promise<string> {
  const verdict = await verifyRevision(repository, {
    plane: testPlane,
    revision,
    record: { ...emptyRecord("uid"), ...record },
  });
  return verdict.kind === "verified" ? "verified" : verdict.reason;
}

function git(...args: readonly string[]): string {
  return execFileSync("git", ["-C", folder, ...args], { encoding: "utf8" }).trim();
}

describe("verifyRevision", () => {
  test("believes a first revision, a later one, and the same one again", async () => {
    const first = await branch.publish({ [webPath]: [] });
    expect(await judge(first)).toBe("verified");
    expect(await judge(first, { revision: first, sequence: 1 })).toBe("verified");
    const second = await branch.publish({});
    expect(await judge(second, { revision: first, sequence: 1 })).toBe("verified");
    expect(await judge(second, { revision: first, sequence: 1, begun: [second] })).toBe("verified");
  });

  test("C15 refuses a rewind, also to before what was only begun", async () => {
    const first = await branch.publish({});
    const second = await branch.publish({});
    expect(await judge(first, { revision: second, sequence: 2 })).toBe(`it does not descend from ${second}`);
    expect(await judge(first, { begun: [second] })).toBe(`it does not descend from ${second}`);
  });

  test("C15 refuses a fork and a history that lacks what was applied", async () => {
    const first = await branch.publish({});
    const fork = await branch.commit({}, { parent: first, sequence: 5 });
    const second = await branch.publish({}, { sequence: 6 });
    expect(await judge(second, { revision: fork, sequence: 5 })).toBe(`it does not descend from ${fork}`);
    const lost = "1".repeat(40);
    expect(await judge(second, { revision: lost, sequence: 1 })).toBe(`it does not descend from ${lost}`);
  });

  describe("of a branch that lost what was applied", () => {
    let first: Oid;
    let applied: Oid;
    let record: Partial<AppliedRecord>;

    beforeEach(async () => {
      first = await branch.publish({});
      applied = await branch.commit({ [webPath]: [] }, { parent: first, sequence: 2 });
      record = { revision: applied, sequence: 2 };
    });

    const onFirst = (sequence: number, recovers: readonly Oid[]): Promise<Oid> =>
      branch.commit({}, { parent: first, sequence, recovers });

    test("C15 believes a recovery that names it, and what follows on that", async () => {
      const recovery = await onFirst(3, [applied]);
      expect(await judge(recovery, record)).toBe("verified");
      const next = await branch.commit({}, { parent: recovery, sequence: 4 });
      expect(await judge(next, record)).toBe("verified");
      expect(await judge(next, { ...record, begun: [recovery] })).toBe("verified");
      expect(
        await judge(await branch.commit({}, { parent: undefined, sequence: 3, recovers: [applied] }), record),
      ).toBe("verified");
    });

    test("C15 refuses one that names another revision, or names it where its sequence does not grow", async () => {
      const reason = `it does not descend from ${applied}`;
      expect(await judge(await onFirst(3, [first]), record)).toBe(reason);
      expect(await judge(await onFirst(3, []), record)).toBe(reason);
      expect(await judge(await onFirst(2, [applied]), record)).toBe(reason);
      const low = await onFirst(2, [applied]);
      expect(await judge(await branch.commit({}, { parent: low, sequence: 3 }), record)).toBe(reason);
    });

    test("refuses a recovery of what was only begun, or without anything applied", async () => {
      const recovery = await onFirst(3, [applied]);
      expect(await judge(recovery, { begun: [applied] })).toBe(`it does not descend from ${applied}`);
      expect(await judge(recovery, { revision: first, sequence: 1, begun: [applied] })).toBe(
        `it does not descend from ${applied}`,
      );
    });

    test("lets go what was begun after it, and nothing else that was begun", async () => {
      const begun = await branch.commit({}, { parent: applied, sequence: 3 });
      const recovery = await onFirst(3, [applied]);
      expect(await judge(recovery, { ...record, begun: [begun] })).toBe("verified");
      expect(await judge(recovery, { ...record, begun: ["1".repeat(40)] })).toBe("verified");
      const fork = await onFirst(4, [applied]);
      expect(
        await judge(await branch.commit({}, { parent: recovery, sequence: 5 }), { ...record, begun: [fork] }),
      ).toBe(`it does not descend from ${fork}`);
    });

    test("C15 recovers nothing a second time: a rewind to before a recovery is a rewind", async () => {
      const recovery = await onFirst(3, [applied]);
      expect(await judge(first, { revision: recovery, sequence: 3 })).toBe(`it does not descend from ${recovery}`);
      expect(await judge(await onFirst(4, [applied]), { revision: recovery, sequence: 3 })).toBe(
        `it does not descend from ${recovery}`,
      );
    });

    test("looks at every file of the tree when this clone lacks what was applied", async () => {
      const lost = "1".repeat(40);
      const strange = { "notes.txt": "x" };
      const recovery = await branch.commit(strange, { parent: undefined, sequence: 3, recovers: [lost] });
      expect(await judge(recovery, { revision: lost, sequence: 2 })).toBe("notes.txt has no place in a plane's tree");
      expect(await judge(await onFirst(3, [lost]), { revision: lost, sequence: 2 })).toBe("verified");
    });
  });

  test.each([1, 2])("C15 refuses sequence %i after 2", async (sequence) => {
    await branch.publish({});
    const second = await branch.publish({});
    const next = await branch.publish({}, { sequence });
    expect(await judge(next, { revision: second, sequence: 2 })).toBe(`sequence ${sequence} does not grow from 2`);
  });

  test("refuses a commit that nobody published", async () => {
    const first = await branch.publish({});
    const plain = git("commit-tree", `${first}^{tree}`, "-p", first, "-m", "by hand");
    expect(await judge(plain, { revision: first, sequence: 1 })).toBe(
      "the commit lacks the trailers of a published revision",
    );
  });

  test.each([
    [
      "a plane.yaml of another plane",
      { plane: { kind: "data", organization: "acme", name: "west" } },
      "plane.yaml names the plane data/acme/west",
    ],
    ["a plane.yaml of another format", { format: 2 as 1 }, "plane.yaml is not readable"],
    [
      "C35 a budget below nothing",
      { pruneBudget: { objects: -1, shareFloor: 20, sharePercent: 10 } },
      "plane.yaml is not readable",
    ],
    [
      "C35 a budget beyond everything",
      { pruneBudget: { objects: 50, shareFloor: 20, sharePercent: 1e9 } },
      "plane.yaml is not readable",
    ],
  ] as const)("refuses %s", async (_, settings, reason) => {
    expect(await judge(await branch.publish({}, { settings }))).toBe(reason);
  });

  test.each([
    ["120000", "releases/shop/dev/link.yaml", "releases/shop/dev/link.yaml is a symlink"],
    ["160000", "releases/shop/dev/sub.yaml", "releases/shop/dev/sub.yaml is a submodule"],
    ["100644", "notes.txt", "notes.txt has no place in a plane's tree"],
    ["100644", "releases/shop/web.yaml", "releases/shop/web.yaml has no place in a plane's tree"],
  ])("C24 C25 refuses a tree with mode %s at %s", async (mode, path, reason) => {
    const first = await branch.publish({});
    const oid =
      mode === "160000"
        ? first
        : execFileSync("git", ["-C", folder, "hash-object", "-w", "--stdin"], {
            input: "plane.yaml",
            encoding: "utf8",
          }).trim();
    git("read-tree", first);
    git("update-index", "--add", "--cacheinfo", `${mode},${oid},${path}`);
    const message = git("log", "-1", "--format=%B", first).replace("Sequence: 1", "Sequence: 2");
    const strange = git("commit-tree", git("write-tree"), "-p", first, "-m", message);
    expect(await judge(strange, { revision: first, sequence: 1 })).toBe(reason);
  });

  test("refuses a tree without plane.yaml, and one that is not all there", async () => {
    const first = await branch.publish({});
    const message = git("log", "-1", "--format=%B", first);
    const empty = git("commit-tree", git("mktree", "--missing"), "-m", message);
    expect(await judge(empty)).toBe("plane.yaml is missing");
    expect(await judge("2".repeat(40))).toBe("the revision cannot be read (missing-object)");
  });

  test.each([
    ["a lost object", true, async () => "2".repeat(40)],
    ["what is no commit", false, async () => git("rev-parse", `${await branch.publish({})}^{tree}`)],
    ["a fork", false, async () => await branch.commit({}, { parent: await branch.publish({}), sequence: 1 })],
  ] as const)("%s may pass: %s", async (_, mayPass, revisionOf) => {
    const offer = { plane: testPlane, revision: await revisionOf(), record: emptyRecord("uid") };
    const record = { ...offer.record, revision: await branch.publish({}), sequence: 1 };
    expect(await verifyRevision(repository, { ...offer, record })).toMatchObject({ kind: "refused", mayPass });
  });
});

test.each([
  ["plane.yaml", true],
  ["admissions.yaml", true],
  ["approvals/0123456789abcdef.yaml", true],
  ["approvals/x.yaml", false],
  ["platform/base.yaml", true],
  ["cells/shop/dev.yaml", true],
  ["releases/shop/dev/web.yaml", true],
  ["builds/shop/web/b1.yaml", true],
  ["releases/shop/dev/../web.yaml", false],
  ["releases/shop/dev/web.yml", false],
])("C25 %s is known: %s", (path, expected) => {
  expect(isKnownPath(path)).toBe(expected);
});
