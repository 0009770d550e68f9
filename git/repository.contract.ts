/**
 * What every engine of git/ must do, with the git program as the judge. An engine joins by a function that opens it; what
 * only one engine can show (its processes, its environment) is in that engine's own test.
 */

import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGitServer, type GitServer } from "./git-server.contract.ts";
import { hashObject } from "./object-id.ts";
import {
  GitError,
  type NamedContent,
  type NewCommit,
  type ObjectCounts,
  type Oid,
  type Repository,
} from "./repository.ts";

export type OpenRepository = (options: {
  readonly path: string;
  readonly remote?: { readonly url: string; readonly credential?: { readonly user: string; readonly token: string } };
  readonly limits?: {
    readonly blobBytes?: number;
    readonly files?: number;
    readonly fetchBytes?: number;
    readonly remoteTimeoutMs?: number;
  };
}) => Promise<Repository>;

const MAIN = "refs/heads/main";
const CREDENTIAL = { user: "gitplane", token: "s3cret-token-of-the-test" };
const ada = { name: "Ada Lovelace", mail: "ada@example.org" };
const robot = { name: "Gitplane", mail: "gitplane@example.org" };

export function describeRepositoryContract(name: string, open: OpenRepository): void {
  describe(`${name} repository`, () => {
    let root = "";
    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), "git-contract-"));
    });
    let count = 0;
    afterAll(() => rmSync(root, { recursive: true, force: true }));

    const newPath = () => join(root, `${++count}.git`);

    /** An empty bare repository. */
    function bare(): string {
      const path = newPath();
      git(path, ["init", "--quiet", "--bare", path]);
      return path;
    }

    describe("commits", () => {
      it("reads back what it wrote, and git finds nothing wrong with it", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const changes = files({ "a/b.yaml": "one\n", "a/ü €.txt": "two", z: "\0\u0001binary" });
        const trailers = [
          ["Sequence", "1"],
          ["Specs-Author", "A B <a@b>"],
          ["Specs-Author", "C <c@d>"],
        ] as const;
        const commit = { ...draft(undefined, changes), message: "Render\n\nWhy it is so.", trailers };
        const oid = await repo.commit(commit);
        expect(await repo.readCommit(oid)).toEqual({
          oid,
          tree: git(path, ["rev-parse", `${oid}^{tree}`]),
          parents: [],
          author: ada,
          committer: robot,
          committedAtSeconds: 1_700_000_000,
          subject: "Render",
          message: "Render\n\nWhy it is so.\n\nSequence: 1\nSpecs-Author: A B <a@b>\nSpecs-Author: C <c@d>\n",
          trailers,
        });
        expect(await contents(repo, oid)).toEqual({ "a/b.yaml": "one\n", "a/ü €.txt": "two", z: "\0\u0001binary" });
        expect(git(path, ["show", "-s", "--format=%an|%ae|%cn|%ce|%at|%cI", oid])).toBe(
          "Ada Lovelace|ada@example.org|Gitplane|gitplane@example.org|1700000000|2023-11-14T22:13:20+00:00",
        );
        expect(git(path, ["show", "-s", "--format=%(trailers:only)", oid])).toBe(
          "Sequence: 1\nSpecs-Author: A B <a@b>\nSpecs-Author: C <c@d>",
        );
        fsck(path);
      });

      it("moves no ref and leaves none", async () => {
        const path = newPath();
        await using repo = await open({ path });
        await repo.commit(draft(undefined, files({ a: "1" })));
        expect(await repo.listRefs("refs/")).toEqual(new Map());
        expect(git(path, ["for-each-ref"])).toBe("");
      });

      it("gives the same id for the same commit", async () => {
        await using first = await open({ path: newPath() });
        await using second = await open({ path: newPath() });
        const commit = draft(undefined, files({ "b/a": "1", a: "2" }));
        const swapped = draft(undefined, files({ a: "2", "b/a": "1" }));
        expect(await second.commit(swapped)).toBe(await first.commit(commit));
      });

      it("keeps what is not named, removes what is null, and drops a folder left empty", async () => {
        await using repo = await open({ path: newPath() });
        const first = await repo.commit(draft(undefined, files({ "a/b/c": "1", "a/d": "2", e: "3" })));
        const second = await repo.commit(draft(first, files({ "a/b/c": null, "not/there": null, e: "4" })));
        expect(await contents(repo, second)).toEqual({ "a/d": "2", e: "4" });
        const third = await repo.commit(draft(second, files({ "a/d": null, e: null })));
        expect((await repo.readCommit(third)).tree).toBe("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        expect(await contents(repo, third)).toEqual({});
        expect((await repo.readCommit(third)).parents).toEqual([second]);
      });

      it("commits an unchanged tree too: the caller compares trees", async () => {
        await using repo = await open({ path: newPath() });
        const first = await repo.commit(draft(undefined, files({ a: "1" })));
        const second = await repo.commit(draft(first, files({ a: "1" })));
        expect(second).not.toBe(first);
        expect((await repo.readCommit(second)).tree).toBe((await repo.readCommit(first)).tree);
      });

      it("replaces a file by a folder only when told to remove the file", async () => {
        await using repo = await open({ path: newPath() });
        const first = await repo.commit(draft(undefined, files({ a: "1", "b/c": "2" })));
        await expectCode(repo.commit(draft(first, files({ "a/x": "1" }))), "invalid-path");
        await expectCode(repo.commit(draft(first, files({ b: "1" }))), "invalid-path");
        await expectCode(repo.commit(draft(first, files({ b: null }))), "invalid-path");
        await expectCode(repo.commit(draft(undefined, files({ a: "1", "a/b": "1" }))), "invalid-path");
        const swapped = await repo.commit(draft(first, files({ a: null, "a/x": "3", "b/c": null, b: "4" })));
        expect(await contents(repo, swapped)).toEqual({ "a/x": "3", b: "4" });
      });

      it("keeps a file executable", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const first = await repo.commit(draft(undefined, files({ a: "1" })));
        const blob = git(path, ["rev-parse", `${first}:a`]);
        const parent = rawCommit(path, git(path, ["mktree"], `100755 blob ${blob}\ta\n`));
        const next = await repo.commit(draft(parent, files({ a: "2" })));
        expect(git(path, ["ls-tree", next])).toMatch(/^100755 blob .*\ta$/u);
      });

      for (const [count, how] of [
        [3, "as files"],
        [60, "as a pack of its own"],
        [300, "by git"],
      ] as const)
        it(`makes the bytes of named content once, and of what stays never, of ${count} written ${how}`, async () => {
          const path = newPath();
          await using repo = await open({ path });
          let made = 0;
          const named = (text: string): NamedContent => ({
            id: (format) => hashObject(format, "blob", text),
            bytes: () => {
              made += 1;
              return Buffer.from(text);
            },
          });
          const texts = Array.from({ length: count }, (_, n) => [`d/f${n}`, `content ${n}: ü`] as const);
          const oid = await repo.commit(draft(undefined, new Map(texts.map(([name, text]) => [name, named(text)]))));
          expect(made).toBe(count);
          const plain = draft(undefined, new Map(texts.map(([name, text]) => [name, Buffer.from(text)])));
          expect(await repo.commit(plain)).toBe(oid);
          expect(await contents(repo, oid)).toEqual(Object.fromEntries(texts));
          fsck(path);
          const changed = texts.map(([name, text], n) => [name, named(n === 0 ? "another" : text)] as const);
          await repo.commit(draft(oid, new Map(changed)));
          expect(made).toBe(count + 1);
        });

      it("writes thousands of files at once", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const many = new Map(
          Array.from({ length: 3000 }, (_, n) => [`d${n % 40}/f${n}`, Buffer.from(`${n}`)] as const),
        );
        const oid = await repo.commit(draft(undefined, many));
        expect((await repo.listFiles((await repo.readCommit(oid)).tree)).length).toBe(3000);
        fsck(path);
      });

      it("C25 refuses a path that some file system reads as another", async () => {
        await using repo = await open({ path: newPath() });
        for (const path of [
          "",
          "/a",
          "a/",
          "a/../b",
          "a/.git/config",
          ".g\u200cit/x",
          "git~1/x",
          "a\\b",
          "a\nb",
          "\ud800",
        ]) {
          await expectCode(repo.commit(draft(undefined, files({ [path]: "1" }))), "invalid-path");
          await expectCode(repo.commit(draft(undefined, files({ [path]: null }))), "invalid-path");
        }
      });

      it("C50 does not let a name, a mail, a trailer or a message add a header, a person or a trailer", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const evil = { name: "Eve <x@y> 1 +0000\ncommitter Mallory\0", mail: "e@v>\nparent 0000" };
        const oid = await repo.commit({
          ...draft(undefined, files({ a: "1" })),
          author: evil,
          committer: { name: "", mail: "" },
          message: "Subject\n\nSequence: 99\nApproved: yes\0",
          trailers: [["Reason", "because\n\nSequence: 98"]],
        });
        const commit = await repo.readCommit(oid);
        expect(commit.author).toEqual({ name: "Eve x@y 1 +0000 committer Mallory", mail: "e@vparent0000" });
        expect(commit.committer).toEqual({ name: "unknown", mail: "unknown" });
        expect(commit.parents).toEqual([]);
        expect(commit.trailers).toEqual([["Reason", "because Sequence: 98"]]);
        expect(git(path, ["show", "-s", "--format=%(trailers:only)", oid])).toBe("Reason: because Sequence: 98");
        fsck(path);
      });

      it("writes nothing that git finds fault with, whatever it is given", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const text = fc.string({ unit: "binary", maxLength: 12 });
        const name = fc.oneof(text, fc.constantFrom("a", "a.b", "a-", "ü", ".git", "con", "a~1", "COM1 ", "-x"));
        const part = name.map((name) => name.replaceAll("/", "") || "x");
        const tree = fc.dictionary(
          fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
          text,
        );
        const commit = fc.record({ tree, name: text, mail: text, message: text, at: fc.nat() });
        await fc.assert(
          fc.asyncProperty(commit, async ({ tree, name, mail, message, at }) => {
            const person = { name, mail };
            const changes = files(withoutClashes(tree));
            const given = { changes, author: person, committer: person, message, committedAtSeconds: at };
            const oid = await repo.commit({ parent: undefined, ...given }).catch((error: GitError) => error.code);
            expect(oid).toMatch(/^(?:[0-9a-f]{40}|invalid-path)$/u);
          }),
          { numRuns: 100 },
        );
        fsck(path);
      });

      it("lets a message without trailers claim none", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const message = "Subject\n\nBody.\n\nSequence: 99\nRecovers: 1";
        const oid = await repo.commit({ ...draft(undefined, files({ a: "1" })), message });
        expect((await repo.readCommit(oid)).trailers).toEqual([]);
        expect(git(path, ["show", "-s", "--format=%(trailers:only)", oid])).toBe("");
        const noTrailers = { ...draft(undefined, files({ a: "1" })), trailers: [["not a key", "x"]] as const };
        await expectCode(repo.commit(noTrailers), "failed");
      });
    });

    describe("reading", () => {
      it("tells what is missing or of another type from what is there", async () => {
        await using repo = await open({ path: newPath() });
        const oid = await repo.commit(draft(undefined, files({ a: "1" })));
        const { tree } = await repo.readCommit(oid);
        await expectCode(repo.readCommit(tree), "not-a-commit");
        await expectCode(repo.readTree(oid), "not-a-tree");
        await expectCode(repo.readBlob(tree), "not-a-blob");
        await expectCode(repo.readBlob("1".repeat(40)), "missing-object");
        for (const bad of ["HEAD", "--help", "", `${oid}\n`, `${oid}^{tree}`])
          await expectCode(repo.readBlob(bad), "missing-object");
        expect(await repo.readTree("4b825dc642cb6eb9a060e54bf8d69288fbee4904")).toEqual([]);
        expect(await repo.readRef("refs/heads/none")).toBeUndefined();
      });

      it("takes full ref names only, and nothing a command line could read as more", async () => {
        await using repo = await open({ path: newPath() });
        const oid = await repo.commit(draft(undefined, files({ a: "1" })));
        for (const ref of [
          "main",
          "HEAD",
          "refs/heads/a..b",
          "refs/heads/a.lock",
          "refs/heads/*",
          "--all",
          "refs/heads/a\n",
          "refs/",
        ]) {
          await expectCode(repo.readRef(ref), "invalid-ref");
          await expectCode(repo.fetch([ref]), "invalid-ref");
          await expectCode(repo.push(ref, { expect: undefined, next: oid }), "invalid-ref");
        }
      });

      it("does not take a damaged ref for an absent one", async () => {
        const path = newPath();
        await using repo = await open({ path });
        await repo.push(MAIN, { expect: undefined, next: await repo.commit(draft(undefined, files({ a: "1" }))) });
        writeFileSync(join(path, "refs/heads/main"), "");
        await expectCode(repo.readRef(MAIN), "corrupt");
      });

      it("sees at once where another process has moved a ref, in its own file or packed", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const oid = await repo.commit(draft(undefined, files({ a: "1" })));
        const next = await repo.commit(draft(oid, files({ a: "2" })));
        const steps: readonly (readonly [args: readonly string[], stands: Oid | undefined])[] = [
          [["update-ref", MAIN, oid], oid],
          [["pack-refs", "--all"], oid],
          [["update-ref", MAIN, next], next],
          [["pack-refs", "--all"], next],
          [["update-ref", "-d", MAIN], undefined],
          [["update-ref", MAIN, oid], oid],
          [["symbolic-ref", MAIN, "refs/heads/other"], undefined],
          [["update-ref", "refs/heads/other", next], next],
        ];
        for (const [args, stands] of steps) {
          git(path, args);
          expect(await repo.readRef(MAIN)).toBe(stands);
          expect(await repo.fetch([MAIN])).toEqual(new Map([[MAIN, stands]]));
        }
      });

      it("takes nothing else that git reads into a name for an absent ref, and a tag for itself", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const oid = await repo.commit(draft(undefined, files({ a: "1" })));
        const described = `refs/heads/x-1-g${oid.slice(0, 12)}`;
        git(path, ["update-ref", `refs/heads/${MAIN}`, oid]);
        expect(git(path, ["rev-parse", MAIN, described])).toBe(`${oid}\n${oid}`);
        expect([await repo.readRef(MAIN), await repo.readRef(described)]).toEqual([undefined, undefined]);
        const tag = rawObject(
          path,
          "tag",
          Buffer.from(`object ${oid}\ntype commit\ntag t\ntagger A <a@b> 1 +0000\n\nt\n`),
        );
        git(path, ["update-ref", "refs/tags/t", tag]);
        expect(await repo.readRef("refs/tags/t")).toBe(tag);
        git(path, ["pack-refs", "--all"]);
        expect(await repo.readRef("refs/tags/t")).toBe(tag);
      });

      it("C27 C30 refuses a blob past the limit and reads its neighbour", async () => {
        await using repo = await open({ path: newPath(), limits: { blobBytes: 1000 } });
        const oid = await repo.commit(draft(undefined, files({ big: "x".repeat(1001), small: "x".repeat(1000) })));
        const [big, small] = await repo.readTree((await repo.readCommit(oid)).tree);
        await expectCode(repo.readBlob(big?.oid ?? ""), "too-large");
        expect((await repo.readBlob(small?.oid ?? "")).length).toBe(1000);
      });

      it("C24 reports symlinks and submodules as such and follows neither", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const blob = git(path, ["hash-object", "-w", "--stdin"], "/etc/passwd");
        const entries = `120000 blob ${blob}\tlink\n160000 commit ${"1".repeat(40)}\tmodule\n100755 blob ${blob}\trun\n`;
        const tree = git(path, ["mktree", "--missing"], entries);
        expect(await repo.readTree(tree)).toEqual([
          { kind: "symlink", name: "link", oid: blob, executable: false },
          { kind: "submodule", name: "module", oid: "1".repeat(40), executable: false },
          { kind: "blob", name: "run", oid: blob, executable: true },
        ]);
        expect(await repo.listFiles(tree)).toEqual([
          { path: "link", oid: blob, kind: "symlink" },
          { path: "module", oid: "1".repeat(40), kind: "submodule" },
          { path: "run", oid: blob, kind: "blob" },
        ]);
        const parent = rawCommit(path, tree);
        await expectCode(repo.commit(draft(parent, files({ "link/x": "1" }))), "invalid-path");
        const next = await repo.commit(draft(parent, files({ other: "1" })));
        const kept = (await repo.readTree((await repo.readCommit(next)).tree)).map(
          (entry) => `${entry.kind} ${entry.name}`,
        );
        expect(kept).toEqual(["symlink link", "submodule module", "blob other", "blob run"]);
      });

      it.each([
        ["a step upwards", [["100644", ".."]]],
        ["a step nowhere", [["100644", "."]]],
        ["no name", [["100644", ""]]],
        ["a hidden .git", [["40000", ".GIT"]]],
        ["a slash", [["100644", "a/b"]]],
        [
          "one name twice",
          [
            ["100644", "a"],
            ["100644", "a"],
          ],
        ],
        [
          "a file and a folder of one name",
          [
            ["100644", "a"],
            ["100644", "a.b"],
            ["40000", "a"],
          ],
        ],
        [
          "names out of order",
          [
            ["100644", "b"],
            ["100644", "a"],
          ],
        ],
        ["an unknown mode", [["100000", "a"]]],
      ] as const)("C24 C25 refuses a tree with %s", async (_, entries) => {
        const path = newPath();
        await using repo = await open({ path });
        await expectCode(repo.readTree(rawTree(path, entries)), "corrupt");
      });

      it("C27 refuses a tree that is cut short", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const body = Buffer.from("100644 a\0short");
        await expectCode(repo.readTree(rawObject(path, "tree", body)), "corrupt");
      });

      it("tells apart names that are not UTF-8, and keeps their bytes", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const blob = git(path, ["hash-object", "-w", "--stdin"], "x");
        const names = [
          Buffer.from([0x66, 0xfe]),
          Buffer.from([0x66, 0xff]),
          Buffer.from("g\ufffd"),
          Buffer.from('weird "name" : ^ * \t'),
        ];
        const parts = names.map((name) =>
          Buffer.concat([Buffer.from("100644 "), name, Buffer.of(0), Buffer.from(blob, "hex")]),
        );
        const tree = rawObject(path, "tree", Buffer.concat(parts));
        const read = await repo.readTree(tree);
        expect(read.map((entry) => entry.name)).toEqual(["f\udcfe", "f\udcff", "g\ufffd", 'weird "name" : ^ * \t']);
        const next = await repo.commit(draft(rawCommit(path, tree), files({ h: "1" })));
        const last = await repo.commit(draft(next, files({ h: null })));
        expect((await repo.readCommit(last)).tree).toBe(tree);
      });

      it("C27 refuses a tree that unfolds without end", async () => {
        const path = newPath();
        await using repo = await open({ path, limits: { files: 5000 } });
        let tree = rawTree(path, [["100644", "f"]]);
        for (let level = 0; level < 9; level++) {
          const names = Array.from({ length: 10 }, (_, n) => `40000 tree ${tree}\t${n}\n`.replace("40000", "040000"));
          tree = git(path, ["mktree"], names.join(""));
        }
        await expectCode(repo.listFiles(tree), "too-large");
      });

      it.each([
        ["a repeated header", "tree T\nauthor A <a> 1 +0000\nauthor B <b> 1 +0000\ncommitter A <a> 1 +0000\n\nm"],
        ["a NUL in a header", "tree T\nauthor A\0B <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm"],
        ["no committer", "tree T\nauthor A <a> 1 +0000\n\nm"],
        ["a person without a mail", "tree T\nauthor A\ncommitter A <a> 1 +0000\n\nm"],
      ])("C23 refuses a commit with %s", async (_, text) => {
        const path = newPath();
        await using repo = await open({ path });
        const body = Buffer.from(text.replace("T", rawTree(path, [])));
        await expectCode(repo.readCommit(rawObject(path, "commit", body)), "corrupt");
      });

      it("C04 C27 does not give out bytes that do not match their id", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const a = git(path, ["hash-object", "-w", "--stdin"], "content a");
        const b = git(path, ["hash-object", "-w", "--stdin"], "content b");
        chmodSync(loosePath(path, a), 0o644);
        writeFileSync(loosePath(path, a), readFileSync(loosePath(path, b)));
        await expectCode(repo.readBlob(a), "corrupt");
        expect(text(await repo.readBlob(b))).toBe("content b");
      });

      it("C27 calls a damaged pack corrupt and still reads what is whole", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const noise = (seed: number) =>
          Array.from({ length: 4000 }, (_, n) => ((n * seed) ** 3 % 9973).toString(36)).join("");
        const oid = await repo.commit(draft(undefined, files({ a: noise(7), b: noise(11) })));
        await repo.push(MAIN, { expect: undefined, next: oid });
        git(path, ["repack", "-adq"]);
        const [a, b] = await repo.readTree((await repo.readCommit(oid)).tree);
        const pack = readdirSync(join(path, "objects/pack")).find((name) => name.endsWith(".pack")) ?? "";
        const index = git(
          path,
          ["show-index"],
          readFileSync(join(path, "objects/pack", pack.replace(".pack", ".idx"))),
        );
        const offset = Number(
          index
            .split("\n")
            .find((line) => line.includes(a?.oid ?? "-"))
            ?.split(" ")[0],
        );
        const bytes = readFileSync(join(path, "objects/pack", pack));
        bytes.fill(0x55, offset + 100, offset + 200);
        chmodSync(join(path, "objects/pack", pack), 0o644);
        writeFileSync(join(path, "objects/pack", pack), bytes);
        await using fresh = await open({ path });
        await expectCode(fresh.readBlob(a?.oid ?? ""), "corrupt");
        expect(text(await fresh.readBlob(b?.oid ?? ""))).toBe(noise(11));
      });
    });

    describe("differences", () => {
      const path = fc
        .array(fc.constantFrom("a", "a.b", "a-", "b", "ü", "c"), { minLength: 1, maxLength: 3 })
        .map((parts) => parts.join("/"));
      const tree = fc.dictionary(path, fc.constantFrom("1", "2", "3"), { maxKeys: 8 }).map(withoutClashes);

      it("are those that git finds, for any two trees", async () => {
        const at = newPath();
        await using repo = await open({ path: at });
        await fc.assert(
          fc.asyncProperty(tree, tree, async (before, after) => {
            const [a, b] = await Promise.all(
              [before, after].map(async (tree) => {
                return (await repo.readCommit(await repo.commit(draft(undefined, files(tree))))).tree;
              }),
            );
            expect(await repo.diffTrees(a, b)).toEqual(gitDiff(at, a ?? "", b ?? ""));
          }),
          { numRuns: 25 },
        );
      });

      it("take undefined for the empty tree", async () => {
        await using repo = await open({ path: newPath() });
        const { tree } = await repo.readCommit(await repo.commit(draft(undefined, files({ "a/b": "1" }))));
        const [file] = await repo.listFiles(tree);
        expect(await repo.diffTrees(undefined, tree)).toEqual([{ action: "added", ...file }]);
        expect(await repo.diffTrees(tree, undefined)).toEqual([
          { action: "removed", path: "a/b", previousOid: file?.oid },
        ]);
        expect(await repo.diffTrees(undefined, undefined)).toEqual([]);
      });

      it("read only the folders that differ", async () => {
        const path = newPath();
        await using writer = await open({ path });
        const many = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`d${n % 20}/e${n % 5}/f${n}`, `${n}`]));
        const first = await writer.commit(draft(undefined, files(many)));
        await using committer = await open({ path });
        const started = committer.reads;
        const second = await committer.commit(draft(first, files({ "d3/e3/f3": "new" })));
        expect(countSince(committer, started)).toEqual({ commits: 1, trees: 3, blobs: 0 });
        await using repo = await open({ path });
        const [a, b] = [await repo.readCommit(first), await repo.readCommit(second)];
        const before = repo.reads;
        expect((await repo.diffTrees(a.tree, b.tree)).map((change) => `${change.action} ${change.path}`)).toEqual([
          "modified d3/e3/f3",
        ]);
        expect(countSince(repo, before)).toEqual({ commits: 0, trees: 6, blobs: 0 });
        expect(await repo.diffTrees(b.tree, b.tree)).toEqual([]);
        expect(countSince(repo, before)).toEqual({ commits: 0, trees: 6, blobs: 0 });
      });
    });

    describe("what is written and read", () => {
      it("is the changed files, the trees above them and the commit, however many files there are", async () => {
        await using repo = await open({ path: newPath() });
        const many = Array.from({ length: 300 }, (_, n) => [`a/b${n % 3}/c${n % 10}/f${n}`, `${n}`] as const);
        const first = await repo.commit(draft(undefined, files(Object.fromEntries(many))));
        expect(repo.writes).toEqual({ commits: 1, trees: 2 + 3 + 30, blobs: 300 });
        for (const [changes, written] of [
          [{ "a/b0/c0/f0": "new" }, { commits: 1, trees: 4, blobs: 1 }],
          [
            { "a/b0/c0/f0": "newer", "a/b0/c0/f30": "newer too" },
            { commits: 1, trees: 4, blobs: 2 },
          ],
          [{ "a/b0/c0/f0": null }, { commits: 1, trees: 4, blobs: 0 }],
          [{ top: "new" }, { commits: 1, trees: 1, blobs: 1 }],
          [{ "a/b0/c0/f0": "0" }, { commits: 1, trees: 0, blobs: 0 }],
        ] as const) {
          const before = repo.writes;
          await repo.commit(draft(first, files(changes)));
          expect(countBetween(repo.writes, before)).toEqual(written);
        }
      });

      it("is not read again when it was just written, so that one commit after the other reads nothing", async () => {
        await using repo = await open({ path: newPath() });
        let tip = await repo.commit(draft(undefined, files({ "a/b/c": "1", "a/d": "2" })));
        for (const n of [1, 2, 3]) {
          const next = await repo.commit(draft(tip, files({ "a/b/c": `new ${n}` })));
          expect(await repo.push(MAIN, { expect: n === 1 ? undefined : tip, next })).toEqual({ kind: "pushed" });
          tip = next;
        }
        expect(await contents(repo, tip)).toEqual({ "a/b/c": "new 3", "a/d": "2" });
        expect(repo.reads).toEqual({ commits: 0, trees: 0, blobs: 0 });
      });
    });

    describe("history", () => {
      it("lists commits newest first, bounded, from a point on, and of one path", async () => {
        await using repo = await open({ path: newPath() });
        const oids: Oid[] = [];
        for (const n of [0, 1, 2, 3]) {
          const commit = draft(oids.at(-1), files(n % 2 === 0 ? { even: `${n}` } : { "odd/x": `${n}` }));
          oids.push(await repo.commit({ ...commit, committedAtSeconds: 1000 + n }));
        }
        const [first, second, third, fourth] = oids as [Oid, Oid, Oid, Oid]; // four were just made
        const log = async (range: object) =>
          (await repo.log({ to: fourth, limit: 10, ...range })).map((commit) => commit.oid);
        expect(await log({})).toEqual([fourth, third, second, first]);
        expect(await log({ limit: 2 })).toEqual([fourth, third]);
        expect(await log({ from: second })).toEqual([fourth, third]);
        expect(await log({ path: "even" })).toEqual([third, first]);
        expect(await log({ path: "odd" })).toEqual([fourth, second]);
        expect(await log({ path: ":(glob)*" })).toEqual([]);
        expect(await repo.isAncestor(first, fourth)).toBe(true);
        expect(await repo.isAncestor(fourth, fourth)).toBe(true);
        expect(await repo.isAncestor(fourth, first)).toBe(false);
        await expectCode(repo.isAncestor("1".repeat(40), fourth), "missing-object");
      });

      it("is what git finds it to be: forked, merged, long, dated backwards or cut off", async () => {
        const path = newPath();
        const stream: string[] = [];
        const add = (mark: number, { at, parents }: { at: number; parents: readonly number[] }) => {
          const [from, ...merged] = parents.map((parent) => `:${parent}`);
          stream.push(`commit refs/heads/c${mark}\nmark :${mark}\ncommitter A <a@b> ${at} +0000\ndata 0\n`);
          if (from !== undefined) stream.push(`from ${from}\n`);
          stream.push(...merged.map((parent) => `merge ${parent}\n`), "\n");
        };
        for (let mark = 1; mark <= 260; mark++) add(mark, { at: 1000 + mark, parents: mark === 1 ? [] : [mark - 1] });
        add(261, { at: 2000, parents: [250] });
        add(262, { at: 2001, parents: [261, 260] });
        add(263, { at: 5, parents: [262] });
        add(264, { at: 3000, parents: [263] });
        add(265, { at: 3000, parents: [] });
        git(path, ["init", "--quiet", "--bare", path]);
        git(path, ["fast-import", "--quiet", "--date-format=raw"], stream.join(""));
        const marks = [1, 2, 59, 61, 249, 250, 251, 260, 261, 262, 263, 264, 265];
        const oids = git(path, ["rev-parse", ...marks.map((mark) => `refs/heads/c${mark}`)]).split("\n");
        await using repo = await open({ path });
        for (const to of oids) {
          const reachable = git(path, ["rev-list", to]).split("\n");
          for (const from of oids) {
            expect(await repo.isAncestor(from, to)).toBe(reachable.includes(from));
            const range = git(path, ["rev-list", "--max-count=70", to, `^${from}`]).split("\n");
            const found = await repo.log({ from, to, limit: 70 });
            expect(found.map((commit) => commit.oid)).toEqual(range.filter((line) => line !== ""));
          }
          for (const limit of [0, 3, 230, 1000]) {
            expect((await repo.log({ to, limit })).map((commit) => commit.oid)).toEqual(reachable.slice(0, limit));
          }
        }
        const clone = bare();
        git(clone, ["fetch", "--quiet", "--depth=5", `file://${path}`, "refs/heads/c260:refs/heads/c260"]);
        await using shallow = await open({ path: clone });
        const tip = git(clone, ["rev-parse", "refs/heads/c260"]);
        expect(await shallow.log({ to: tip, limit: 100 })).toHaveLength(5);
      });
    });

    describe("moving a ref", () => {
      it("C61 is a compare-and-swap, forward only", async () => {
        const path = newPath();
        await using repo = await open({ path });
        const first = await repo.commit(draft(undefined, files({ a: "1" })));
        const second = await repo.commit(draft(first, files({ a: "2" })));
        const fork = await repo.commit(draft(first, files({ a: "3" })));
        expect(await repo.push(MAIN, { expect: first, next: second })).toEqual({ kind: "conflict", actual: undefined });
        expect(await repo.push(MAIN, { expect: undefined, next: first })).toEqual({ kind: "pushed" });
        expect(await repo.push(MAIN, { expect: undefined, next: fork })).toEqual({ kind: "conflict", actual: first });
        expect(await repo.push(MAIN, { expect: first, next: second })).toEqual({ kind: "pushed" });
        expect(await repo.push(MAIN, { expect: first, next: second })).toEqual({ kind: "pushed" });
        expect(await repo.push(MAIN, { expect: first, next: fork })).toEqual({ kind: "conflict", actual: second });
        expect(await repo.push(MAIN, { expect: second, next: first })).toEqual({ kind: "rewind" });
        expect(await repo.push(MAIN, { expect: second, next: fork })).toEqual({ kind: "rewind" });
        expect(await repo.push(MAIN, { expect: "1".repeat(40), next: second })).toEqual({ kind: "rewind" });
        await expectCode(repo.push(MAIN, { expect: second, next: "1".repeat(40) }), "missing-object");
        expect(await repo.readRef(MAIN)).toBe(second);
        expect(await repo.listRefs("refs/heads/m")).toEqual(new Map([[MAIN, second]]));
        expect(await repo.fetch([MAIN, "refs/heads/none"])).toEqual(
          new Map([
            [MAIN, second],
            ["refs/heads/none", undefined],
          ]),
        );
        expect((await repo.push(`${MAIN}/below`, { expect: undefined, next: first })).kind).toBe("refused");
      });

      it("loses no commit when several repositories race for one ref", async () => {
        const path = newPath();
        await using first = await open({ path });
        await using second = await open({ path });
        await using third = await open({ path });
        await Promise.all([first, second, third].map(async (repo, writer) => addLines(repo, `writer-${writer}`, 3)));
        const tip = (await first.readRef(MAIN)) ?? "";
        expect(Object.keys(await contents(first, tip)).length).toBe(9);
        expect((await first.log({ to: tip, limit: 100 })).length).toBe(9);
        fsck(path);
      });
    });

    describe("with a remote", () => {
      let server: GitServer;
      beforeAll(async () => {
        server = await startGitServer(root, CREDENTIAL);
      });
      afterAll(async () => server[Symbol.asyncDispose]());

      const at = (path: string) => `${server.url}/${path.slice(root.length + 1)}`;
      const remoteOf = (path: string) => ({ url: at(path), credential: CREDENTIAL });
      const openFor = async (origin: string, limits = {}) =>
        open({ path: newPath(), remote: remoteOf(origin), limits });

      it("pushes, fetches, and asks once when nothing is new", async () => {
        const origin = bare();
        await using writer = await openFor(origin);
        await using reader = await openFor(origin);
        expect(await reader.fetch([MAIN])).toEqual(new Map([[MAIN, undefined]]));
        const first = await writer.commit(draft(undefined, files({ "a/b": "1" })));
        expect(await writer.push(MAIN, { expect: undefined, next: first })).toEqual({ kind: "pushed" });
        expect(await writer.readRef(MAIN)).toBe(first);
        expect(await reader.fetch([MAIN, "refs/heads/none"])).toEqual(
          new Map([
            [MAIN, first],
            ["refs/heads/none", undefined],
          ]),
        );
        expect(await reader.readRef(MAIN)).toBe(first);
        expect(await contents(reader, first)).toEqual({ "a/b": "1" });
        const second = await writer.commit(draft(first, files({ "a/c": "2" })));
        await writer.push(MAIN, { expect: first, next: second });
        expect(await reader.fetch([MAIN])).toEqual(new Map([[MAIN, second]]));
        expect(await contents(reader, second)).toEqual({ "a/b": "1", "a/c": "2" });
        const asked = server.requests.length;
        expect(await reader.fetch([MAIN])).toEqual(new Map([[MAIN, second]]));
        expect(server.requests.length - asked).toBeLessThanOrEqual(2);
        fsck(origin);
      });

      it("brings only the refs that were named", async () => {
        const origin = bare();
        await using writer = await openFor(origin);
        const oid = await writer.commit(draft(undefined, files({ a: "1" })));
        for (const ref of [MAIN, "refs/heads/other", "refs/tags/v1", "refs/x/refs/heads/main"])
          await writer.push(ref, { expect: undefined, next: oid });
        await using reader = await openFor(origin);
        await reader.fetch([MAIN]);
        expect(await reader.listRefs("refs/")).toEqual(new Map([[MAIN, oid]]));
      });

      it("answers a conflict with where the ref is, and refuses a rewind without sending it", async () => {
        const origin = bare();
        await using one = await openFor(origin);
        await using two = await openFor(origin);
        const first = await one.commit(draft(undefined, files({ a: "1" })));
        await one.push(MAIN, { expect: undefined, next: first });
        await two.fetch([MAIN]);
        const mine = await one.commit(draft(first, files({ a: "2" })));
        const theirs = await two.commit(draft(first, files({ a: "3" })));
        expect(await two.push(MAIN, { expect: first, next: theirs })).toEqual({ kind: "pushed" });
        expect(await one.push(MAIN, { expect: first, next: mine })).toEqual({ kind: "conflict", actual: theirs });
        expect(await one.push(MAIN, { expect: undefined, next: mine })).toEqual({ kind: "conflict", actual: theirs });
        expect(await two.push(MAIN, { expect: theirs, next: theirs })).toEqual({ kind: "pushed" });
        const sent = server.requests.length;
        expect(await two.push(MAIN, { expect: theirs, next: first })).toEqual({ kind: "rewind" });
        expect(server.requests.length).toBe(sent);
        expect(git(origin, ["rev-parse", MAIN])).toBe(theirs);
      });

      it("follows a remote that was rewound and leaves the verdict to the caller", async () => {
        const origin = bare();
        await using repo = await openFor(origin);
        const first = await repo.commit(draft(undefined, files({ a: "1" })));
        const second = await repo.commit(draft(first, files({ a: "2" })));
        await repo.push(MAIN, { expect: undefined, next: second });
        git(origin, ["update-ref", MAIN, first]);
        expect(await repo.fetch([MAIN])).toEqual(new Map([[MAIN, first]]));
        expect(await repo.isAncestor(second, first)).toBe(false);
      });

      it("C61 gives the remote's words when a hook or a hidden ref refuses", async () => {
        const origin = bare();
        git(origin, ["config", "receive.hideRefs", "refs/hidden"]);
        writeFileSync(
          join(origin, "hooks/pre-receive"),
          "#!/bin/sh\nread a b ref; case $ref in *no*) echo 'Problem: bad spec' >&2; exit 1;; esac\n",
        );
        chmodSync(join(origin, "hooks/pre-receive"), 0o755);
        await using repo = await openFor(origin);
        const next = await repo.commit(draft(undefined, files({ a: "1" })));
        expect(await repo.push("refs/heads/no", { expect: undefined, next })).toEqual({
          kind: "refused",
          reason: "[remote rejected] (pre-receive hook declined)\nProblem: bad spec",
        });
        const hidden = await repo.push("refs/hidden/x", { expect: undefined, next });
        expect(hidden).toMatchObject({ kind: "refused", reason: expect.stringContaining("hidden ref") });
        expect(await repo.push("refs/heads/yes", { expect: undefined, next })).toEqual({ kind: "pushed" });
      });

      it.each([
        "cannot lock ref 'refs/heads/main': is at 1 but expected 0",
        "failed to update ref",
        "failed to lock",
        "incorrect old value provided",
        "fetch first",
        "non-fast-forward",
        "reference already exists",
      ])("C61 takes a host's %j for a conflict, and says where the ref is", async (words) => {
        const origin = bare();
        await using repo = await openFor(origin);
        const mine = await repo.commit(draft(undefined, files({ a: "mine" })));
        const theirs = rawCommit(origin, rawTree(origin, []));
        const line = (text: string): string => (text.length + 4).toString(16).padStart(4, "0") + text;
        server.intercept = ({ url }, response) => {
          if (url?.endsWith("/git-receive-pack") !== true) return false;
          git(origin, ["update-ref", MAIN, theirs]);
          const report = `${line("unpack ok\n")}${line(`ng ${MAIN} ${words}\n`)}0000`;
          response.writeHead(200, { "content-type": "application/x-git-receive-pack-result" });
          response.end(`${line(`\u0001${report}`)}0000`);
          return true;
        };
        const pushed = await repo.push(MAIN, { expect: undefined, next: mine }).finally(() => {
          server.intercept = () => false;
        });
        expect(pushed).toEqual({ kind: "conflict", actual: theirs });
      });

      it("C61 loses no commit when several writers race for one remote ref", async () => {
        const origin = bare();
        await using one = await openFor(origin);
        await using two = await openFor(origin);
        await Promise.all([one, two].map(async (repo, writer) => addLines(repo, `writer-${writer}`, 3)));
        const tip = git(origin, ["rev-parse", MAIN]);
        expect(git(origin, ["rev-list", "--count", tip])).toBe("6");
        expect(git(origin, ["ls-tree", "-r", "--name-only", tip]).split("\n").length).toBe(6);
      });

      it("C41 tells a wrong credential, a missing one, an absent repository and an absent server apart, never naming the token", async () => {
        const origin = bare();
        const attempt = async (remote: { url: string; credential?: { user: string; token: string } }) => {
          await using repo = await open({ path: newPath(), remote });
          return failureOf(repo.fetch([MAIN]));
        };
        const wrong = { user: "gitplane", token: "wrong-token" };
        expect((await attempt({ url: at(origin), credential: wrong })).code).toBe("not-allowed");
        expect((await attempt({ url: at(origin) })).code).toBe("not-allowed");
        expect((await attempt({ url: at("/x/none.git"), credential: CREDENTIAL })).code).toBe("unreachable");
        expect((await attempt({ url: "http://127.0.0.1:9/x.git", credential: CREDENTIAL })).code).toBe("unreachable");
        const inside = await failureOf(
          open({ path: newPath(), remote: { url: "https://u:wrong-token@example.org/x" } }),
        );
        expect(inside.code).toBe("not-allowed");
        for (const error of [await attempt({ url: at(origin), credential: wrong }), inside]) {
          expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toMatch(/wrong-token|d3JvbmctdG9rZW4/u);
        }
      });

      it.each([
        "ext::sh -c touch% /tmp/x",
        "--upload-pack=x",
        "ftp://example.org/x",
        "git://example.org/x",
        "relative/path",
        "-oProxyCommand=x@h:p",
      ])("C25 C53 refuses the address %j", async (url) => {
        expect((await failureOf(open({ path: newPath(), remote: { url } }))).code).toBe("not-allowed");
      });

      it("C28 follows no redirect, so that no other host sees the credential", async () => {
        await using elsewhere = await startGitServer(root);
        const origin = bare();
        await using repo = await openFor(origin);
        const next = await repo.commit(draft(undefined, files({ a: "1" })));
        server.intercept = (request, response) => {
          response.writeHead(302, { Location: `${elsewhere.url}${request.url}` }).end();
          return true;
        };
        await expectCode(repo.fetch([MAIN]), "unreachable");
        await expectCode(repo.push(MAIN, { expect: undefined, next }), "unreachable");
        server.intercept = () => false;
        expect(elsewhere.requests).toEqual([]);
      });

      it("C27 gives up on a remote that stays silent, and stops at once when told", async () => {
        const origin = bare();
        await using repo = await openFor(origin, { remoteTimeoutMs: 400 });
        await using patient = await openFor(origin);
        server.intercept = () => true;
        await expectCode(repo.fetch([MAIN]), "timeout");
        const stop = new AbortController();
        const asked = server.requests.length;
        server.intercept = () => {
          stop.abort();
          return true;
        };
        await expectCode(patient.fetch([MAIN], { signal: stop.signal }), "aborted");
        expect(server.requests.length).toBe(asked + 1);
        server.intercept = () => false;
      });

      it("C27 refuses a fetch past the limit and leaves nothing of it", async () => {
        const origin = bare();
        await using writer = await openFor(origin);
        const noise = Buffer.from(Array.from({ length: 300_000 }, (_, n) => ((n * n * 31 + n * 17) % 251) ^ (n >> 7)));
        const next = await writer.commit(draft(undefined, new Map([["a", noise]])));
        await writer.push(MAIN, { expect: undefined, next });
        const path = newPath();
        await using reader = await open({ path, remote: remoteOf(origin), limits: { fetchBytes: 20_000 } });
        await expectCode(reader.fetch([MAIN]), "too-large");
        expect(await reader.readRef(MAIN)).toBeUndefined();
        expect(sizeBytes(path)).toBeLessThan(20_000);
      });

      it("C27 reads nothing of what is small on the way and large when it is unpacked", async () => {
        const origin = bare();
        await using writer = await openFor(origin);
        const bomb = Buffer.alloc(64 * 1024 * 1024);
        const next = await writer.commit(draft(undefined, new Map([["a", bomb], ...files({ b: "1" })])));
        await writer.push(MAIN, { expect: undefined, next });
        await using reader = await openFor(origin, { fetchBytes: 1_000_000, blobBytes: 1_000_000 });
        await reader.fetch([MAIN]);
        const [a, b] = await reader.readTree((await reader.readCommit(next)).tree);
        await expectCode(reader.readBlob(a?.oid ?? ""), "too-large");
        expect(text(await reader.readBlob(b?.oid ?? ""))).toBe("1");
      });

      it("C27 gives up on a remote that talks without end", async () => {
        const origin = bare();
        await using writer = await openFor(origin);
        await writer.push(MAIN, { expect: undefined, next: await writer.commit(draft(undefined, files({ a: "1" }))) });
        await using repo = await openFor(origin, { remoteTimeoutMs: 1500 });
        server.intercept = (request, response) => {
          if (request.method !== "POST") return false;
          response.writeHead(200, { "content-type": "application/x-git-upload-pack-result" });
          const talking = setInterval(() => response.write("000c\u0002still"), 5);
          response.once("close", () => clearInterval(talking));
          return true;
        };
        const started = performance.now();
        expect(["timeout", "unreachable", "corrupt"]).toContain((await failureOf(repo.fetch([MAIN]))).code);
        expect(performance.now() - started).toBeLessThan(15_000);
        expect(await repo.readRef(MAIN)).toBeUndefined();
        server.intercept = () => false;
      });

      it.each(["lost", "damaged"])(
        "brings an object that was %s again when everything is fetched anew",
        async (fate) => {
          const origin = bare();
          await using writer = await openFor(origin);
          const next = await writer.commit(draft(undefined, files({ a: "first" })));
          await writer.push(MAIN, { expect: undefined, next });
          const path = newPath();
          await using reader = await open({ path, remote: remoteOf(origin) });
          await reader.fetch([MAIN]);
          const mine = await reader.commit(draft(undefined, files({ b: "mine" })));
          git(path, ["update-ref", "refs/heads/mine", mine]);
          for (const name of readdirSync(join(path, "objects/pack"))) {
            const file = join(path, "objects/pack", name);
            chmodSync(file, 0o644);
            if (fate === "lost") rmSync(file);
            else if (name.endsWith(".pack")) {
              const bytes = readFileSync(file);
              writeFileSync(file, bytes.fill(0x55, 14, bytes.length - 20));
            }
          }
          await expectCode(reader.readCommit(next), fate === "lost" ? "missing-object" : "corrupt");
          await reader.fetch([MAIN]);
          await expectCode(reader.readCommit(next), fate === "lost" ? "missing-object" : "corrupt");
          await reader.fetch([MAIN], { isAnew: true });
          expect(await contents(reader, next)).toEqual({ a: "first" });
          expect(await reader.readRef("refs/heads/mine")).toBe(mine);
        },
      );

      it("C25 C27 refuses objects that git-fsck would", async () => {
        const origin = bare();
        const blob = git(origin, ["hash-object", "-w", "--stdin"], "x");
        const tree = rawObject(origin, "tree", Buffer.concat([Buffer.from("100644 ..\0"), Buffer.from(blob, "hex")]));
        git(origin, ["update-ref", MAIN, rawCommit(origin, tree)]);
        await using reader = await openFor(origin);
        await expectCode(reader.fetch([MAIN]), "corrupt");
        expect(await reader.readRef(MAIN)).toBeUndefined();
      });

      it("does not take a broken answer for an absence", async () => {
        const origin = bare();
        await using repo = await openFor(origin);
        const next = await repo.commit(draft(undefined, files({ a: "1" })));
        await repo.push(MAIN, { expect: undefined, next });
        for (const status of [200, 403, 500]) {
          server.intercept = (_, response) => {
            response
              .writeHead(status, { "Content-Type": "application/x-git-upload-pack-advertisement" })
              .end("garbage");
            return true;
          };
          const error = await failureOf(repo.fetch([MAIN]));
          expect(error.code).toBe(status === 403 ? "not-allowed" : "unreachable");
        }
        server.intercept = () => false;
        expect(await repo.readRef(MAIN)).toBe(next);
      });
    });
  });
}

function draft(parent: Oid | undefined, changes: NewCommit["changes"]): NewCommit {
  return { parent, changes, message: "Change", author: ada, committer: robot, committedAtSeconds: 1_700_000_000 };
}

function files(tree: Readonly<Record<string, string | null>>): NewCommit["changes"] {
  return new Map(Object.entries(tree).map(([path, content]) => [path, content === null ? null : Buffer.from(content)]));
}

async function contents(repo: Repository, oid: Oid): Promise<Record<string, string>> {
  const found = await repo.listFiles((await repo.readCommit(oid)).tree);
  return Object.fromEntries(
    await Promise.all(found.map(async (file) => [file.path, text(await repo.readBlob(file.oid))])),
  );
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

/** What every writer does: commit onto the tip, push, and on a conflict start over from the new tip. */
async function addLines(repo: Repository, name: string, count: number): Promise<void> {
  for (let n = 0; n < count;) {
    const expect = (await repo.fetch([MAIN])).get(MAIN);
    const next = await repo.commit(draft(expect, files({ [`${name}/${n}`]: `${n}` })));
    const result = await repo.push(MAIN, { expect, next });
    if (result.kind === "pushed") n += 1;
    else if (result.kind !== "conflict") throw new Error(`a race ended as ${JSON.stringify(result)}`);
  }
}

function countSince(repo: Repository, before: ObjectCounts): ObjectCounts {
  return countBetween(repo.reads, before);
}

function countBetween({ commits, trees, blobs }: ObjectCounts, before: ObjectCounts): ObjectCounts {
  return { commits: commits - before.commits, trees: trees - before.trees, blobs: blobs - before.blobs };
}

async function failureOf(action: Promise<unknown>): Promise<GitError> {
  const error = await action.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(GitError);
  return error as GitError; // just checked
}

async function expectCode(action: Promise<unknown>, code: GitError["code"]): Promise<void> {
  const error = await failureOf(action);
  expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code}: `, "u"));
}

function git(path: string, args: readonly string[], input: string | Buffer = ""): string {
  const env = {
    PATH: process.env["PATH"],
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
  };
  return execFileSync("git", [`--git-dir=${path}`, ...args], { input, env, stdio: "pipe" })
    .toString("utf8")
    .trimEnd();
}

function fsck(path: string): void {
  expect(git(path, ["fsck", "--strict", "--full", "--no-dangling"])).toBe("");
}

function rawObject(path: string, type: string, body: Buffer): Oid {
  return git(path, ["hash-object", "-w", "--literally", "--stdin", "-t", type], body);
}

function rawTree(path: string, entries: readonly (readonly [mode: string, name: string])[]): Oid {
  const blob = Buffer.from(git(path, ["hash-object", "-w", "--stdin"], "x"), "hex");
  const parts = entries.map(([mode, name]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), blob]));
  return rawObject(path, "tree", Buffer.concat(parts));
}

function rawCommit(path: string, tree: Oid): Oid {
  return rawObject(
    path,
    "commit",
    Buffer.from(`tree ${tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n`),
  );
}

function loosePath(path: string, oid: Oid): string {
  return join(path, "objects", oid.slice(0, 2), oid.slice(2));
}

function sizeBytes(path: string): number {
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  return names
    .map((name) => statSync(join(path, name)))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

/** Without paths that lie below another one of the tree. */
function withoutClashes(tree: Record<string, string>): Record<string, string> {
  const isBelow = (path: string) => Object.keys(tree).some((other) => path.startsWith(`${other}/`));
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !isBelow(path)));
}

function gitDiff(path: string, before: Oid, after: Oid): unknown[] {
  const fields = git(path, ["diff-tree", "-r", "-z", "--no-renames", before, after]).split("\0");
  const changes: { readonly path: string; readonly [field: string]: unknown }[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, , previousOid, oid, status] = (fields[at] ?? "").split(" ");
    const file = fields[at + 1] ?? "";
    if (status === "A") changes.push({ action: "added", path: file, oid, kind: "blob" });
    if (status === "D") changes.push({ action: "removed", path: file, previousOid });
    if (status === "M") changes.push({ action: "modified", path: file, previousOid, oid, kind: "blob" });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}
