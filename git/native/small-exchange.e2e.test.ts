/** One commit from a web host, and one to it: without git where all is plain, and by git's own means where it is not. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type GitServer, startGitServer } from "../git-server.contract.ts";
import { packetLine } from "../http-exchange.ts";
import type { NewCommit, Oid, Repository } from "../repository.ts";
import { writeSmallPack } from "../small-pack.ts";
import type { NewObject } from "../tree-edit.ts";
import { openNativeRepository } from "./open.ts";

const main = "refs/heads/main";
const person = { name: "P", mail: "p@example.test" };
const credential = { user: "agent", token: "t" };

let root = "";
let count = 0;
let server: GitServer;
let origin: Repository;
let originPath = "";
let clone: Repository;
let tip: Oid;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "git-small-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeEach(async () => {
  count += 1;
  originPath = join(root, `origin-${count}.git`);
  origin = await openNativeRepository({ path: originPath, create: true });
  server = await startGitServer(root, credential);
  const url = `${server.url}/origin-${count}.git`;
  clone = await openNativeRepository({
    path: join(root, `clone-${count}.git`),
    create: true,
    remote: { url, credential },
  });
  tip = await publish(undefined, { "a/one": "1", "a/two": "2", "b/three": "3" });
  await clone.fetch([main]);
  server.requests.length = 0;
});
afterEach(async () => {
  await clone[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function draft(parent: Oid | undefined, files: Readonly<Record<string, string>>): NewCommit {
  const changes = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  return { parent, changes, message: "Change", author: person, committer: person, committedAtSeconds: 1_700_000_000 };
}

async function publish(parent: Oid | undefined, files: Readonly<Record<string, string>>): Promise<Oid> {
  const next = await origin.commit(draft(parent, files));
  await origin.push(main, { expect: parent, next });
  return next;
}

async function contents(repository: Repository, revision: Oid): Promise<Readonly<Record<string, string>>> {
  const files = await repository.listFiles((await repository.readCommit(revision)).tree);
  const texts = files.map(
    async ({ path, oid }) => [path, Buffer.from(await repository.readBlob(oid)).toString()] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

function takeNames(): void {
  execFileSync("git", ["--git-dir", originPath, "config", "uploadpack.allowRefInWant", "true"]);
}

function asked(): readonly string[] {
  return server.requests.map(({ method, url }) => `${method} ${url.split("/").at(-1)}`);
}

/** git asks by GET first; we never do. */
function askedByGit(): boolean {
  return server.requests.some(({ method }) => method === "GET");
}

describe("a fetch", () => {
  test("of one changed file is one question and no git where the host takes refs by their names", async () => {
    takeNames();
    expect(await clone.fetch([main])).toEqual(new Map([[main, tip]]));
    const next = await publish(tip, { "a/one": "changed" });
    expect(await clone.fetch([main])).toEqual(new Map([[main, next]]));
    expect(await clone.readRef(main)).toBe(next);
    expect(asked()).toEqual(["POST git-upload-pack", "POST git-upload-pack"]);
    await using again = await openNativeRepository({ path: join(root, `clone-${count}.git`) });
    expect(await contents(again, next)).toEqual({ "a/one": "changed", "a/two": "2", "b/three": "3" });
  });

  test("by name of more than one answer holds asks once and then lets git fetch", async () => {
    takeNames();
    const many = Array.from({ length: 300 }, (_, at) => [`many/${at}`, `${at}`] as const);
    const next = await publish(tip, Object.fromEntries(many));
    expect(await clone.fetch([main])).toEqual(new Map([[main, next]]));
    expect(await clone.readRef(main)).toBe(next);
    expect(asked().slice(0, 2)).toEqual(["POST git-upload-pack", "GET refs?service=git-upload-pack"]);
    expect(Object.keys(await contents(clone, next))).toHaveLength(303);
  });

  test("by name of a ref that is gone finds it gone, and keeps what is here", async () => {
    takeNames();
    rmSync(join(originPath, main));
    expect(await clone.fetch([main])).toEqual(new Map([[main, undefined]]));
    expect(await clone.readRef(main)).toBe(tip);
  });

  test("believes no answer about another ref than the one that was asked for", async () => {
    const next = await publish(tip, { "a/one": "changed" });
    const other = await origin.commit(draft(tip, { x: "y" }));
    await origin.push("refs/heads/other", { expect: undefined, next: other });
    server.intercept = (_, response) => {
      const lines = [packetLine("wanted-refs\n"), packetLine(`${other} refs/heads/other\n`), "0001"];
      response.setHeader("content-type", "application/x-git-upload-pack-result").end(lines.join(""));
      server.intercept = () => false;
      return true;
    };
    expect(await clone.fetch([main])).toEqual(new Map([[main, next]]));
    expect(asked()).toHaveLength(3);
  });

  test("of one changed file is two questions and no git elsewhere, once a name was refused three times", async () => {
    for (let refusal = 0; refusal < 3; refusal += 1) await clone.fetch([main]);
    server.requests.length = 0;
    const next = await publish(tip, { "a/one": "changed" });
    expect(await clone.fetch([main])).toEqual(new Map([[main, next]]));
    expect(await clone.readRef(main)).toBe(next);
    expect(asked()).toEqual(["POST git-upload-pack", "POST git-upload-pack"]);
    await using again = await openNativeRepository({ path: join(root, `clone-${count}.git`) });
    expect(await contents(again, next)).toEqual({ "a/one": "changed", "a/two": "2", "b/three": "3" });
  });

  test("of a few commits takes them all", async () => {
    const second = await publish(tip, { "a/one": "2", "c/new": "x" });
    const third = await publish(second, { "b/three": "33" });
    await clone.fetch([main]);
    expect(await contents(clone, third)).toEqual({ "a/one": "2", "a/two": "2", "b/three": "33", "c/new": "x" });
    expect((await clone.log({ to: third, limit: 10 })).map(({ oid }) => oid)).toEqual([third, second, tip]);
  });

  test("of a file that git reads for itself is git's", async () => {
    const next = await publish(tip, { ".gitattributes": "* text\n" });
    await clone.fetch([main]);
    expect(askedByGit()).toBe(true);
    expect(await contents(clone, next)).toMatchObject({ ".gitattributes": "* text\n" });
  });

  test("of another history is git's", async () => {
    const other = await origin.commit(draft(undefined, { x: "y" }));
    await origin.push("refs/heads/other", { expect: undefined, next: other });
    writeFileSync(join(originPath, main), `${other}\n`);
    expect(await clone.fetch([main])).toEqual(new Map([[main, other]]));
    expect(askedByGit()).toBe(true);
  });
});

describe("believes no answer", () => {
  const lie = (objects: readonly NewObject[]): Buffer => {
    const pack = writeSmallPack("sha1", objects);
    const length = (pack.length + 5).toString(16).padStart(4, "0");
    return Buffer.concat([
      Buffer.from(`${packetLine("packfile\n")}${length}\u0001`, "latin1"),
      pack,
      Buffer.from("0000"),
    ]);
  };
  const raw = async (oid: Oid, type: NewObject["type"]): Promise<NewObject> => {
    const { execFileSync } = await import("node:child_process");
    return { type, body: execFileSync("git", [`--git-dir=${originPath}`, "cat-file", type, oid]) };
  };
  /** Answers the fetch's own question with these objects; everything else is the server's. */
  function answerWith(objects: readonly NewObject[]): void {
    let asked = 0;
    server.intercept = ({ method }, response) => {
      asked += method === "POST" ? 1 : 0;
      if (method !== "POST" || asked !== 2) return false;
      response.writeHead(200, { "content-type": "application/x-git-upload-pack-result" }).end(lie(objects));
      return true;
    };
  }

  test.each(["the blob", "the inner tree", "the root tree", "the commit"])("C04 C27 that lacks %s", async (missing) => {
    const next = await publish(tip, { "a/one": "changed" });
    const { tree } = await origin.readCommit(next);
    const inner = (await origin.readTree(tree)).find(({ name }) => name === "a")?.oid ?? "";
    const blob = (await origin.readTree(inner)).find(({ name }) => name === "one")?.oid ?? "";
    const all: readonly (readonly [string, Oid, NewObject["type"]])[] = [
      ["the commit", next, "commit"],
      ["the root tree", tree, "tree"],
      ["the inner tree", inner, "tree"],
      ["the blob", blob, "blob"],
    ];
    const sent = await Promise.all(all.filter(([name]) => name !== missing).map(([, oid, type]) => raw(oid, type)));
    answerWith(sent);
    await clone.fetch([main]);
    expect(askedByGit()).toBe(true);
    expect(await contents(clone, next)).toMatchObject({ "a/one": "changed" });
  });

  test("C25 C27 with a tree that misleads", async () => {
    const next = await publish(tip, { "a/one": "changed" });
    const entry = Buffer.concat([Buffer.from("100644 ..\0"), Buffer.alloc(20, 1)]);
    answerWith([{ type: "tree", body: entry }, await raw(next, "commit")]);
    await clone.fetch([main]);
    expect(askedByGit()).toBe(true);
  });
});

describe("a push", () => {
  const receipts = "refs/heads/receipts";
  let first: Oid;

  beforeEach(async () => {
    first = await clone.commit(draft(undefined, { "a/receipt": "1" }));
    expect(await clone.push(receipts, { expect: undefined, next: first })).toEqual({ kind: "pushed" });
    server.requests.length = 0;
  });

  test("of a commit that was just made is one question and no git", async () => {
    const next = await clone.commit(draft(first, { "a/receipt": "2", "b/receipt": "1" }));
    expect(await clone.push(receipts, { expect: first, next })).toEqual({ kind: "pushed" });
    expect(server.requests.map(({ method, url }) => `${method} ${url.split("/").at(-1)}`)).toEqual([
      "POST git-receive-pack",
    ]);
    expect(await origin.readRef(receipts)).toBe(next);
    expect(await clone.readRef(receipts)).toBe(next);
    expect(await contents(origin, next)).toEqual({ "a/receipt": "2", "b/receipt": "1" });
  });

  test("C61 finds out that somebody else was first", async () => {
    const theirs = await origin.commit(draft(first, { "a/receipt": "theirs" }));
    await origin.push(receipts, { expect: first, next: theirs });
    const next = await clone.commit(draft(first, { "a/receipt": "ours" }));
    expect(await clone.push(receipts, { expect: first, next })).toEqual({ kind: "conflict", actual: theirs });
    expect(await origin.readRef(receipts)).toBe(theirs);
  });

  test("whose answer was lost is not made twice", async () => {
    const next = await clone.commit(draft(first, { "a/receipt": "2" }));
    let isLost = false;
    server.intercept = ({ method }, response) => {
      if (method === "POST" && !isLost) {
        isLost = true;
        // The host acts, and the connection breaks before its answer.
        response.end = () => response.destroy();
      }
      return false;
    };
    expect(await clone.push(receipts, { expect: first, next })).toEqual({ kind: "pushed" });
    expect(await origin.readRef(receipts)).toBe(next);
  });

  test.each([
    ["before it has heard anything", 1, false],
    ["twice", 2, true],
  ])("on a connection that the host closes %s", async (_when, times, isGits) => {
    const second = await clone.commit(draft(first, { "a/receipt": "2" }));
    await clone.push(receipts, { expect: first, next: second });
    const next = await clone.commit(draft(second, { "a/receipt": "3" }));
    server.requests.length = 0;
    let left = times;
    server.intercept = ({ socket }) => {
      left -= 1;
      if (left >= 0) socket.destroy();
      return left >= 0;
    };
    expect(await clone.push(receipts, { expect: second, next })).toEqual({ kind: "pushed" });
    expect(asked().slice(0, 2)).toEqual(["POST git-receive-pack", "POST git-receive-pack"]);
    expect(askedByGit()).toBe(isGits);
  });

  test("of what an earlier process committed is git's", async () => {
    const next = await clone.commit(draft(first, { "a/receipt": "2" }));
    await using later = await openNativeRepository({
      path: join(root, `clone-${count}.git`),
      remote: { url: `${server.url}/origin-${count}.git`, credential },
    });
    expect(await later.push(receipts, { expect: first, next })).toEqual({ kind: "pushed" });
    expect(askedByGit()).toBe(true);
  });
});
