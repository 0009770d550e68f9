import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createOrReadSecret, readGivenSecret, readSecret } from "./secret-file.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "secret-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("createOrReadSecret", () => {
  it("makes a private file with the token only, once", async () => {
    const path = join(folder, "deep", "people");
    const secret = await createOrReadSecret(path);
    expect(secret).toMatch(/^[\w-]{43}$/u);
    expect(await readFile(path, "utf8")).toBe(secret);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "deep"))).mode & 0o777).toBe(0o700);
    expect(await createOrReadSecret(path)).toBe(secret);
  });

  it("gives everyone who starts at once the same secret and leaves nothing else", async () => {
    const path = join(folder, "people");
    const secrets = await Promise.all(Array.from({ length: 20 }, () => createOrReadSecret(path)));
    expect(new Set(secrets).size).toBe(1);
    expect(await readdir(folder)).toEqual(["people"]);
  });

  it.each([0o640, 0o604, 0o644])("refuses a file of mode %o", async (mode) => {
    const path = join(folder, "people");
    await createOrReadSecret(path);
    await chmod(path, mode);
    await expect(createOrReadSecret(path)).rejects.toMatchObject({ code: "not-private" });
  });

  it("refuses a symbolic link", async () => {
    await createOrReadSecret(join(folder, "real"));
    await symlink("real", join(folder, "link"));
    await expect(readSecret(join(folder, "link"))).rejects.toMatchObject({ code: "not-private" });
  });

  it.each([
    ["an empty file", ""],
    ["a short one", "abc"],
    ["a huge one", "a".repeat(100_000)],
    ["a sentence", "this is not a token, this is not a token"],
  ])("refuses %s and does not repeat it", async (_name, content) => {
    const path = join(folder, "people");
    await writeFile(path, content, { mode: 0o600 });
    const failure = await readSecret(path).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: "malformed" });
  });

  it("takes a secret that ends in a line feed, as an editor leaves it", async () => {
    const path = join(folder, "people");
    await writeFile(path, `${"a".repeat(40)}\n`, { mode: 0o600 });
    expect(await readSecret(path)).toBe("a".repeat(40));
  });
});

describe("readGivenSecret", () => {
  /** As a kubelet lays out a Secret volume, so that all its files change at once. */
  async function mountSecret(mode: number): Promise<string> {
    await mkdir(join(folder, "..2026"));
    await writeFile(join(folder, "..2026", "token"), "glpat-Ab.cd:ef\n");
    await chmod(join(folder, "..2026", "token"), mode);
    await symlink("..2026", join(folder, "..data"));
    await symlink("..data/token", join(folder, "token"));
    return join(folder, "token");
  }

  it("reads a mounted Secret, whatever signs the token has", async () => {
    expect(await readGivenSecret(await mountSecret(0o400))).toBe("glpat-Ab.cd:ef");
    expect(await readGivenSecret(join(folder, "another"))).toBeUndefined();
  });

  it.runIf(process.geteuid?.() === 0)("reads what is root's and a group may read, and of nobody else", async () => {
    const path = await mountSecret(0o440);
    expect(await readGivenSecret(path)).toBe("glpat-Ab.cd:ef");
    await chown(path, 12_345, 12_345);
    await expect(readGivenSecret(path)).rejects.toMatchObject({ code: "not-private" });
  });

  it.each([0o404, 0o420, 0o444, 0o660])("refuses a file of mode %o", async (mode) => {
    await expect(readGivenSecret(await mountSecret(mode))).rejects.toMatchObject({ code: "not-private" });
  });

  it.each([
    ["a blank line", "\n"],
    ["two lines", "one\ntwo"],
    ["too much", "a".repeat(4097)],
    ["what is no text", "\u0000\u0001"],
  ])("refuses %s and does not repeat it", async (_name, content) => {
    const path = join(folder, "token");
    await writeFile(path, content, { mode: 0o600 });
    const failure = await readGivenSecret(path).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: "malformed" });
    expect(String(failure)).not.toContain(content);
  });
});
