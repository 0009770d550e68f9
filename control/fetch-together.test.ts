import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openNativeRepository } from "../git/native/open.ts";
import { GitError, type Oid, type Ref, type Repository } from "../git/repository.ts";
import { FetchTogether } from "./fetch-together.ts";

let folder: string;
let remote: Repository;
let clone: Repository;
let asked: (readonly Ref[])[];
let nowMs: number;
let together: FetchTogether;
let fault: (refs: readonly Ref[]) => GitError | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "together-"));
  const path = join(folder, "remote.git");
  remote = await openNativeRepository({ path, create: true });
  clone = await openNativeRepository({ path: join(folder, "clone.git"), create: true, remote: { url: path } });
  asked = [];
  nowMs = 0;
  fault = () => undefined;
  const counting: Repository = Object.create(clone, {
    fetch: {
      value: async (refs: readonly Ref[]) => {
        asked.push(refs);
        const error = fault(refs);
        if (error !== undefined) throw error;
        return clone.fetch(refs);
      },
    },
  });
  together = new FetchTogether(counting, () => nowMs);
});
afterEach(async () => {
  await remote[Symbol.asyncDispose]();
  await clone[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const refs = ["refs/heads/a", "refs/heads/b", "refs/heads/c"];

async function move(ref: Ref, text: string): Promise<Oid> {
  const expect = await remote.readRef(ref);
  const person = { name: "Ann", mail: "ann@example.org" };
  const next = await remote.commit({
    parent: expect,
    changes: new Map([["file", Buffer.from(text)]]),
    message: text,
    author: person,
    committer: person,
    committedAtSeconds: 1_700_000_000,
  });
  await remote.push(ref, { expect, next });
  return next;
}

async function ask(): Promise<readonly (Oid | undefined)[]> {
  return Promise.all(refs.map(async (ref) => (await together.fetch([ref])).get(ref)));
}

test("asks once a round, and hears what moved between rounds", async () => {
  const first = await move("refs/heads/a", "1");
  expect(await ask()).toEqual([first, undefined, undefined]);
  expect(asked).toEqual([refs]);
  const second = await move("refs/heads/c", "2");
  expect(await ask()).toEqual([first, undefined, second]);
  expect(asked).toEqual([refs, refs]);
});

test("gives an answer once: who asks again hears the server", async () => {
  await ask();
  const [ref = ""] = refs;
  expect((await together.fetch([ref])).get(ref)).toBeUndefined();
  const moved = await move(ref, "1");
  expect((await together.fetch([ref])).get(ref)).toBe(moved);
  const again = await Promise.all([together.fetch([ref]), together.fetch([ref])]);
  expect(again.map((found) => found.get(ref))).toEqual([moved, moved]);
});

test("forgets an answer that nobody took in time", async () => {
  await ask();
  await together.fetch(["refs/heads/a"]);
  const moved = await move("refs/heads/b", "1");
  nowMs = 2001;
  expect((await together.fetch(["refs/heads/b"])).get("refs/heads/b")).toBe(moved);
});

test("what is wrong with one branch keeps no other from its own", async () => {
  const moved = await move("refs/heads/a", "1");
  fault = (wanted) => (wanted.includes("refs/heads/b") ? new GitError("too-large", "b") : undefined);
  const found = await Promise.allSettled(refs.map((ref) => together.fetch([ref])));
  expect(found.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(found[0]?.status === "fulfilled" ? found[0].value.get("refs/heads/a") : undefined).toBe(moved);
});

test("a server that does not answer is waited for once by all who wait, and asked again by who comes later", async () => {
  fault = () => new GitError("unreachable", "nobody there");
  const found = await Promise.allSettled(refs.map((ref) => together.fetch([ref])));
  expect(found.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(asked.length).toBe(1);
  nowMs = 1;
  fault = () => undefined;
  expect(await ask()).toEqual([undefined, undefined, undefined]);
});
