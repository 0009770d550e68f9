/** Two renders of one revision, wherever and however the machine is set up, are byte for byte the same. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "./clusters/run-command.ts";
import { readFileTree } from "./platform/file-tree.ts";
import { programEnvironment, sourcePath } from "./platform/node-program.ts";

const settings = [
  { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
  { TZ: "America/St_Johns", LANG: "C", LC_ALL: "C" },
] as const;

test("C36 renders the sample platform identically in two time zones and locales", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gitplane-render-"));
  try {
    const trees = await Promise.all(
      settings.map(async (environment, index) => {
        const output = join(folder, String(index));
        const result = await runCommand({
          command: process.execPath,
          arguments: [sourcePath("control/main.ts"), "render", sourcePath("fixtures/platform"), "-o", output],
          environment: { ...programEnvironment(), ...environment },
          signal: AbortSignal.timeout(60_000),
        });
        expect(result).toMatchObject({ kind: "exited", exitCode: 0 });
        return readFileTree(join(output, "planes"));
      }),
    );
    expect(Object.keys(trees[0] ?? {})).toContain("data/acme/development/releases/shop/development/catalog.yaml");
    expect(trees[1]).toEqual(trees[0]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
