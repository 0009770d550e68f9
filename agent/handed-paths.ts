/** Paths that a tree of the plane's branch hands to another plane (DESIGN invariant 9). */
import { findBlob } from "../git/find-entry.ts";
import type { Oid, Repository } from "../git/repository.ts";
import { admissionsFile, handedPaths } from "../schemas/admissions.ts";
import { isSibling, type PlaneId } from "../schemas/layout.ts";
import { readStateYaml } from "../schemas/state-yaml.ts";

/**
 * By path, to planes of the same kind and organization alone: no tree gives a tenant's objects to another tenant. A file that
 * is no YAML of ours hands nothing over. Throws GitError when the tree cannot be read.
 */
export async function readHandedPaths(
  repository: Repository,
  { plane, tree }: { readonly plane: PlaneId; readonly tree: Oid },
): Promise<ReadonlyMap<string, PlaneId>> {
  const file = await findBlob(repository, tree, admissionsFile);
  if (file === undefined) return new Map();
  const handed = handedPaths(parse(await repository.readBlob(file)));
  return new Map([...handed].filter(([, to]) => isSibling(to, plane)));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return readStateYaml(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
