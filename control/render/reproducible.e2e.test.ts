/** Invariant 1 on real processes: the rendered tree does not depend on the machine, its clock or its language. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { repositoryRoot } from "../specs-fixture.contract.ts";

const run = promisify(execFile);

async function renderIn(
  environment: Readonly<Record<string, string>>,
  from: string,
  to: string,
): Promise<Map<string, string>> {
  const main = join(repositoryRoot, "control", "main.ts");
  await run(process.execPath, [main, "render", from, "-o", to], { env: { PATH: process.env["PATH"], ...environment } });
  const entries = await readdir(to, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.toSorted().map(async (file) => [file.slice(to.length), await readFile(file, "utf8")] as const),
    ),
  );
}

test("C36 renders equal bytes in another time zone, another language, and from files written in another order", async () => {
  const folder = await mkdtemp(join(tmpdir(), "render-"));
  try {
    const platform = join(repositoryRoot, "fixtures", "platform");
    const copy = join(folder, "copy");
    await cp(platform, join(folder, "whole"), { recursive: true });
    // Directory listings follow the order of creation on many file systems.
    const files = (await readdir(platform, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    for (const entry of files.toReversed()) {
      const target = join(copy, entry.parentPath.slice(platform.length), entry.name);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, await readFile(join(entry.parentPath, entry.name)));
    }
    const [first, second] = await Promise.all([
      renderIn({ TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" }, platform, join(folder, "one")),
      renderIn({ TZ: "America/St_Johns", LANG: "C", LC_ALL: "C" }, copy, join(folder, "two")),
    ]);
    expect(first.size).toBe(29);
    expect(Object.fromEntries(second)).toEqual(Object.fromEntries(first));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
