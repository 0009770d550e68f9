import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hostFolders } from "./host-folders.ts";
import { writePushHooks } from "./push-hooks.ts";

test("removes reports that nobody took, and not those of a host that runs on the same folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hooks-"));
  const folders = hostFolders(folder);
  const now = Date.parse("2026-01-02T03:04:05Z");
  await writePushHooks(folders, now);
  for (const [name, ageHours] of [
    ["recent", 1],
    ["abandoned", 25],
  ] as const) {
    const path = join(folders.pushes, name);
    await writeFile(path, "");
    await utimes(path, now / 1000, now / 1000 - ageHours * 3600);
  }
  await writePushHooks(folders, now);
  expect(await readdir(folders.pushes)).toEqual(["recent"]);
  await rm(folder, { recursive: true });
});
