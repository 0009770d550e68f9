import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { cachePath, ensureCachedFolder, hashSources } from "./cached-folder.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-cache-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the hash follows content, names and texts, and neither the order nor the place of the files", async () => {
  const [first, second] = [join(folder, "a"), join(folder, "b")];
  await writeFile(first, "1");
  await writeFile(second, "2");
  const hash = await hashSources([first, second], ["text"]);
  expect(hash).toMatch(/^[0-9a-f]{12}$/u);
  expect(await hashSources([second, first], ["text"])).toBe(hash);
  expect(await hashSources([first, second], ["te", "xt"])).not.toBe(hash);
  await writeFile(second, "3");
  expect(await hashSources([first, second], ["text"])).not.toBe(hash);
});

test("the cache is where the user has it", () => {
  expect(cachePath("kube", "abc", { XDG_CACHE_HOME: "/cache" })).toBe("/cache/gitplane/kube-abc");
});

test("a folder is filled once, and both of two fillers at once get a whole one", async () => {
  const path = join(folder, "made", "thing");
  let fills = 0;
  const both = Promise.withResolvers<undefined>();
  const fill = async (unfinished: string) => {
    fills += 1;
    if (fills === 2) {
      both.resolve(undefined);
    }
    await both.promise;
    await writeFile(join(unfinished, "content"), "whole");
  };
  expect(await Promise.all([ensureCachedFolder({ path, fill }), ensureCachedFolder({ path, fill })])).toEqual([
    path,
    path,
  ]);
  await ensureCachedFolder({ path, fill });
  expect(fills).toBe(2);
  expect(await readFile(join(path, "content"), "utf8")).toBe("whole");
  expect(await readdir(join(folder, "made"))).toEqual(["thing"]);
});

test("a failed filling leaves nothing behind", async () => {
  const fill = async (unfinished: string) => {
    await writeFile(join(unfinished, "content"), "half");
    throw new Error("no space");
  };
  await expect(ensureCachedFolder({ path: join(folder, "thing"), fill })).rejects.toThrow("no space");
  expect(await readdir(folder)).toEqual([]);
});
