import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { planeRef } from "../../schemas/layout.ts";
import { listRefs } from "./git-program.ts";
import { commitFile, eu, git, openHostFixture, publish, workTree } from "./host-fixture.contract.ts";
import { packRepository, removeLeftovers } from "./tidy-repository.ts";

const never = new AbortController().signal;

describe("removeLeftovers", () => {
  it("removes old locks, quarantines and unfinished packs, and nothing else", async () => {
    await using fixture = await openHostFixture();
    const { path } = await fixture.host.ensurePlaneRepository(eu);
    const old = [
      `${planeRef(eu)}.lock`,
      "packed-refs.lock",
      "objects/tmp_objdir-incoming-old",
      "objects/pack/tmp_pack_old",
    ];
    const young = [`${planeRef(eu)}2.lock`, "objects/tmp_objdir-incoming-young", "objects/pack/tmp_pack_young"];
    const now = Date.now();
    for (const name of [...old, ...young]) {
      const target = join(path, name);
      await mkdir(join(target, ".."), { recursive: true });
      await (name.startsWith("objects/tmp_objdir") ? mkdir(target) : writeFile(target, ""));
      const seconds = now / 1000 - (old.includes(name) ? 100 : 1);
      await utimes(target, seconds, seconds);
    }
    const before = await readdir(path, { recursive: true });
    const removed = await removeLeftovers(path, { olderThanMs: 50_000, quarantineOlderThanMs: 50_000, now });
    expect([...removed].sort()).toEqual([...old].sort());
    expect((await readdir(path, { recursive: true })).sort()).toEqual(
      before.filter((name) => !old.includes(name)).sort(),
    );
  });
});

describe("packRepository", () => {
  it("gathers objects and refs and loses none, not even what no ref reaches yet", async () => {
    await using fixture = await openHostFixture();
    const { path } = await fixture.host.ensurePlaneRepository(eu);
    const work = await workTree(fixture.folder);
    for (const content of ["1\n", "2\n", "3\n"]) {
      await commitFile(work, content);
      await publish(path, planeRef(eu), work);
    }
    const loose = await git(["--git-dir", path, "hash-object", "-w", "--", join(work, "file.yaml")]);
    await writeFile(join(work, "later"), "not committed yet\n");
    const unreached = await git(["--git-dir", path, "hash-object", "-w", "--", join(work, "later")]);
    const before = await listRefs(path, ["refs"]);
    await packRepository(path, never);
    expect(await listRefs(path, ["refs"])).toEqual(before);
    for (const oid of [loose.stdout.trim(), unreached.stdout.trim()]) {
      expect(await git(["--git-dir", path, "cat-file", "-e", oid])).toMatchObject({ code: 0 });
    }
    expect(await git(["--git-dir", path, "fsck", "--strict"])).toMatchObject({ code: 0 });
    expect((await git(["--git-dir", path, "count-objects", "-v"])).stdout).toContain("packs: 1\n");
  });
});
