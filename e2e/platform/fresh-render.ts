/** What a plane's branch must be, whatever happened on the way: one line of commits, and the tree of a render from scratch. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Commit, Repository } from "../../git/repository.ts";
import { type PlaneId, planePath, planeRef } from "../../schemas/layout.ts";
import { readTrailers } from "../../schemas/trailers.ts";
import { runCommand } from "../clusters/run-command.ts";
import { readFileTree } from "./file-tree.ts";
import { programEnvironment, sourcePath } from "./node-program.ts";

export type Published = { readonly repository: Repository; readonly plane: PlaneId };

/** Compares the branch's tip with `gitplane render` of the specs' work tree; `folder` is for its output. */
export async function expectFreshRender(
  { repository, plane }: Published,
  { specs, folder }: { readonly specs: string; readonly folder: string },
): Promise<void> {
  const [tip] = await expectOneLine({ repository, plane });
  const published = await readTree(repository, tip?.tree ?? "");
  const output = join(folder, "fresh");
  await rm(output, { recursive: true, force: true });
  const result = await runCommand({
    command: process.execPath,
    arguments: [sourcePath("control/main.ts"), "render", specs, "-o", output],
    environment: programEnvironment(),
    signal: AbortSignal.timeout(60_000),
  });
  expect(result).toMatchObject({ kind: "exited", exitCode: 0 });
  expect(published).toEqual(await readFileTree(join(output, "planes", planePath(plane))));
}

/** The branch's commits, newest first: each has the one before for its only parent, and sequences have no gap. */
export async function expectOneLine({ repository, plane }: Published): Promise<readonly Commit[]> {
  const history = await repository.log({ to: (await repository.readRef(planeRef(plane))) ?? "", limit: 10_000 });
  expect(history.every(({ parents }, index) => parents.length === (index === history.length - 1 ? 0 : 1))).toBe(true);
  expect(history.map(({ trailers }) => readTrailers(trailers)?.sequence)).toEqual(
    history.map((_, index) => history.length - index),
  );
  return history;
}

async function readTree(repository: Repository, tree: string): Promise<Readonly<Record<string, string>>> {
  const files = await repository.listFiles(tree);
  const texts = files.map(
    async ({ path, oid }) => [path, Buffer.from(await repository.readBlob(oid)).toString("utf8")] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}
