import { hash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rendererVersion } from "../render/render.ts";
import { MemoryFile } from "./memory-file.ts";
import type { RememberedRelease } from "./release-memory.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "known-releases-"));
  path = join(folder, "known-releases");
});
afterEach(async () => rm(folder, { recursive: true }));

const print = "1".repeat(64);
const sha1 = "2".repeat(40);
const sha256 = "3".repeat(64);
const cart: RememberedRelease = {
  print,
  blob: {
    ids: new Map([
      ["sha1", sha1],
      ["sha256", sha256],
    ]),
    isProven: true,
  },
};

test("gives back what was written, unproven, to the same program", async () => {
  const file = new MemoryFile(path, "program");
  expect(await file.read()).toEqual({ kind: "absent" });
  expect(await file.write([["default/shop/cart/dev", cart]])).toBe(true);
  const found = await file.read();
  if (found.kind !== "found") throw new Error(JSON.stringify(found));
  expect(found.releases).toBe(1);
  expect(found.memory.of(["default/shop/cart/dev", "default/shop/cart/prod"])).toEqual([
    ["default/shop/cart/dev", { print, blob: { ids: cart.blob.ids, isProven: false } }],
  ]);
  expect(await readdir(folder)).toEqual(["known-releases"]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

/** Changes what was written, and says the checksum of that. */
async function rewrite(change: (content: Record<string, unknown>) => unknown): Promise<void> {
  const [, body = ""] = (await readFile(path, "utf8")).split("\n");
  const changed = JSON.stringify(change(JSON.parse(body) as Record<string, unknown>)); // written by the file under test
  await writeFile(path, `${hash("sha256", changed)}\n${changed}`);
}

const flip = async (offset: number): Promise<void> => {
  const bytes = await readFile(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  await writeFile(path, bytes);
};

test.each<[string, () => Promise<void>, string]>([
  ["a changed bit in its content", () => flip(200), "it is damaged"],
  ["a changed bit in its checksum", () => flip(3), "it is damaged"],
  ["its end cut off", () => truncate(path, 150), "it is damaged"],
  ["its checksum cut off", () => truncate(path, 30), "it is damaged"],
  ["nothing in it", () => truncate(path, 0), "it is damaged"],
  ["more behind its end", async () => writeFile(path, `${await readFile(path, "utf8")} `), "it is damaged"],
  ["another format", () => rewrite((content) => ({ ...content, format: 0 })), "it is of another format"],
  ["no object", () => rewrite(() => null), "it is of another format"],
  [
    "another renderer",
    () => rewrite((content) => ({ ...content, renderer: rendererVersion + 1 })),
    "it is of another version of this program",
  ],
  [
    "another program",
    () => rewrite((content) => ({ ...content, program: "newer" })),
    "it is of another version of this program",
  ],
  [
    "an id that is none",
    () => rewrite((content) => ({ ...content, releases: [["path", print, ["../x"]]] })),
    "it is not as this program writes it",
  ],
  ["too many bytes", () => truncate(path, 64 * 1024 * 1024 + 1), "it is too large"],
])("ignores a file with %s, and replaces it", async (_what, spoil, reason) => {
  const file = new MemoryFile(path, "program");
  await file.write([["default/shop/cart/dev", cart]]);
  await spoil();
  expect(await file.read()).toEqual({ kind: "ignored", reason });
  await file.write([["default/shop/cart/dev", cart]]);
  expect(await file.read()).toMatchObject({ kind: "found", releases: 1 });
});

test("ignores what cannot be read, and leaves nothing behind where it cannot write", async () => {
  await mkdir(path);
  const file = new MemoryFile(path, "program");
  expect(await file.read()).toEqual({ kind: "ignored", reason: "it cannot be read" });
  await expect(file.write([])).rejects.toThrow(/EISDIR|EEXIST|ENOTEMPTY/u);
  expect(await readdir(folder)).toEqual(["known-releases"]);
});
