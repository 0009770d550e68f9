import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generatedFiles, generatedFolders } from "./generated-files.ts";

const docs = import.meta.dirname;

test("what is made from the schemas is as committed; `npm run docs` mends it", async () => {
  const files = await generatedFiles();
  const committed = await Promise.all(generatedFolders.map(async (folder) => await readdir(join(docs, folder))));
  const paths = committed.flatMap((names, index) => names.map((name) => `${generatedFolders[index]}/${name}`));
  expect(paths.toSorted()).toEqual([...files.keys()].toSorted());
  const stale = [];
  for (const [path, text] of files) if ((await readFile(join(docs, path), "utf8")) !== text) stale.push(path);
  expect(stale, "run `npm run docs` and commit what it writes").toEqual([]);
});

test("is made the same twice", async () => {
  expect(await generatedFiles()).toEqual(await generatedFiles());
});
