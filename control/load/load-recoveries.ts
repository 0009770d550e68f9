/** The recoveries of one tree of specs. One that cannot be read unlocks nothing and holds nothing back. */
import { isPlacedRecovery, Recovery } from "../../schemas/recovery.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecsFile } from "./load.ts";
import { loadDecision } from "./load-decision.ts";

export type FoundRecovery = { readonly recovery: Recovery; readonly path: string };

export type Recoveries = { readonly found: readonly FoundRecovery[]; readonly problems: readonly Problem[] };

export async function loadRecoveries(files: readonly SpecsFile[]): Promise<Recoveries> {
  const read = await Promise.all(files.filter(({ path }) => isPlacedRecovery(path)).map(loadFile));
  return { found: read.flatMap(({ found }) => found), problems: read.flatMap(({ problems }) => problems) };
}

const kind = { schema: Recovery, name: "Recovery", remedy: "write it with `gitplane recover`, or remove it" };

async function loadFile(file: SpecsFile): Promise<Recoveries> {
  const read = await loadDecision(file, kind);
  if (read.kind === "wrong") return { found: [], problems: read.problems };
  return { found: [{ recovery: read.data, path: file.path }], problems: [] };
}
