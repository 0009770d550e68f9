/**
 * Which object is claimed by which Release paths in the current tree: what must not be pruned, what two Releases fight over,
 * and which kinds are worth a watch. Built from every blob once, then moved forward by changed paths. A path that cannot be
 * read keeps its last known claims and makes the inventory incomplete, and then nothing is pruned.
 */
import type { Oid, Repository } from "../git/repository.ts";
import type { Ceiling } from "../schemas/ceiling.ts";
import { compareText } from "../schemas/compare.ts";
import { parseStatePath, type PlaneId } from "../schemas/layout.ts";
import type { ObjectKey } from "../schemas/object-id.ts";
import { type ReleaseFile, readReleaseFile } from "./release-file.ts";
import type { Slots } from "./slots.ts";

export type Kind = Pick<ObjectKey, "group" | "version" | "kind">;

type Entry = { readonly oid: Oid; readonly ids: readonly string[]; readonly kinds: ReadonlyMap<string, Kind> };

export class Inventory {
  /** The tree that this inventory describes; undefined before the first one. */
  #tree: Oid | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #claimants = new Map<string, ReadonlySet<string>>();
  readonly #kinds = new Map<string, { readonly kind: Kind; readonly releases: number }>();
  readonly #unknown = new Map<string, string>();

  get tree(): Oid | undefined {
    return this.#tree;
  }

  /** Paths that claim an object, sorted. */
  claimants(id: string): readonly string[] {
    return [...(this.#claimants.get(id) ?? [])].sort(compareText);
  }

  /** Number of distinct objects claimed. */
  get size(): number {
    return this.#claimants.size;
  }

  /** The objects of a path in manifest order; empty for an unknown path. */
  idsOf(path: string): readonly string[] {
    return this.#entries.get(path)?.ids ?? [];
  }

  /** Objects claimed in a namespace, sorted. */
  claimedIn(namespace: string): readonly string[] {
    return [...this.#claimants.keys()].filter((id) => namespaceOf(id) === namespace).sort(compareText);
  }

  /** The only path that claims the object, with its blob; undefined for none and for several. */
  claimOf(id: string): { readonly path: string; readonly oid: Oid } | undefined {
    const [path, ...others] = this.#claimants.get(id) ?? [];
    const oid = path === undefined || others.length > 0 ? undefined : this.#entries.get(path)?.oid;
    return path === undefined || oid === undefined ? undefined : { path, oid };
  }

  /** Everything that is claimed. */
  ids(): Iterable<string> {
    return this.#claimants.keys();
  }

  /** The valid Releases and their blobs, in path order. */
  releases(): readonly { readonly path: string; readonly oid: Oid }[] {
    return [...this.#entries].map(([path, { oid }]) => ({ path, oid })).sort((a, b) => compareText(a.path, b.path));
  }

  /** Paths of the tree whose file is not believed, in path order. */
  get disbelieved(): readonly string[] {
    return [...this.#unknown.keys()].sort(compareText);
  }

  /** Why not everything in the tree is known; undefined when it is. */
  get gap(): string | undefined {
    const [first] = [...this.#unknown].sort(([a], [b]) => compareText(a, b));
    return first?.[1];
  }

  /** Every kind in the tree once, by `[group/]Kind`; of several versions the one that came last. */
  kinds(): ReadonlyMap<string, Kind> {
    return new Map([...this.#kinds].map(([name, { kind }]) => [name, kind]));
  }

  /** The inventory now describes this tree, whose changed paths have these files (undefined: removed). */
  move(tree: Oid, changes: ReadonlyMap<string, ReleaseFile | undefined>): void {
    for (const [path, file] of changes) this.#change(path, file);
    this.#tree = tree;
  }

  #change(path: string, file: ReleaseFile | undefined): void {
    this.#unknown.delete(path);
    if (file !== undefined && file.kind !== "valid") {
      this.#unknown.set(path, file.reason);
      return;
    }
    for (const id of this.idsOf(path)) this.#unclaim(id, path);
    for (const name of this.#entries.get(path)?.kinds.keys() ?? []) this.#count(name, undefined);
    this.#entries.delete(path);
    if (file === undefined) return;
    const entry = entryOf(file);
    this.#entries.set(path, entry);
    for (const [name, kind] of entry.kinds) this.#count(name, kind);
    for (const id of file.objects.keys()) this.#claimants.set(id, new Set([...(this.#claimants.get(id) ?? []), path]));
  }

  /** One Release more of a kind, or one less. */
  #count(name: string, added: Kind | undefined): void {
    const known = this.#kinds.get(name);
    const releases = (known?.releases ?? 0) + (added === undefined ? -1 : 1);
    const kind = added ?? known?.kind;
    if (releases <= 0 || kind === undefined) this.#kinds.delete(name);
    else this.#kinds.set(name, { kind, releases });
  }

  #unclaim(id: string, path: string): void {
    const rest = new Set([...(this.#claimants.get(id) ?? [])].filter((claimant) => claimant !== path));
    if (rest.size === 0) this.#claimants.delete(id);
    else this.#claimants.set(id, rest);
  }
}

function entryOf(file: ReleaseFile & { readonly kind: "valid" }): Entry {
  const kinds = new Map<string, Kind>();
  for (const { key } of file.objects.values()) {
    kinds.set(kindName(key), { group: key.group, version: key.version, kind: key.kind });
  }
  return { oid: file.oid, ids: [...file.objects.keys()], kinds };
}

/** Of an object's id; undefined for one without. A group has no capital, and a kind begins with one. */
function namespaceOf(id: string): string | undefined {
  const parts = id.split("/");
  const names = parts.slice(/^[A-Z]/.test(parts[0] ?? "") ? 1 : 2);
  return names.length > 1 ? names[0] : undefined;
}

/** `[group/]Kind`, as in an object's id. */
export function kindName({ group, kind }: Pick<ObjectKey, "group" | "kind">): string {
  return group === "" ? kind : `${group}/${kind}`;
}

export type Move = {
  readonly plane: PlaneId;
  readonly ceiling: Ceiling;
  readonly tree: Oid;
  /** Files of that tree that were read already, by path. */
  readonly known: ReadonlyMap<string, ReleaseFile>;
  readonly slots: Slots;
};

/** Moves the inventory to a tree, reading only blobs that differ from the tree it describes. */
export async function moveInventory(inventory: Inventory, repository: Repository, move: Move): Promise<void> {
  if (inventory.tree === move.tree) return;
  const changes = new Map<string, ReleaseFile | undefined>();
  const differences = await repository.diffTrees(inventory.tree, move.tree);
  const places = differences.filter(({ path }) => parseStatePath(path) !== undefined);
  await move.slots.map(places, async (change) => {
    const { path } = change;
    if (change.action === "removed") {
      changes.set(path, undefined);
      return;
    }
    const known = move.known.get(path);
    const isSame = known !== undefined && known.oid === change.oid;
    const file = isSame
      ? known
      : await readReleaseFile(repository, { plane: move.plane, ceiling: move.ceiling, path, oid: change.oid });
    // An inventory keeps names only; the objects of a file that nobody else needs are let go here.
    changes.set(path, file.kind === "valid" && !isSame ? withoutBodies(file) : file);
  });
  inventory.move(move.tree, changes);
}

/** All blobs of a plane are read at the first move: keeping every manifest until the last is read would hold the whole plane. */
function withoutBodies(file: ReleaseFile & { readonly kind: "valid" }): ReleaseFile {
  const objects = new Map([...file.objects].map(([id, { key }]) => [id, { id, key, object: emptyBody(key) }] as const));
  return { ...file, objects };
}

function emptyBody({ kind, name }: ObjectKey): { apiVersion: string; kind: string; metadata: { name: string } } {
  return { apiVersion: "v1", kind, metadata: { name } };
}
