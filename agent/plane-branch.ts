/**
 * Publishes trees to a plane's branch as the control plane does: what unit tests feed an agent with. Manifests carry the
 * labels that an agent asks for unless a test says otherwise.
 */
import type { Oid, Repository } from "../git/repository.ts";
import { objectLabels } from "../schemas/labels.ts";
import { type PlaneId, planeFile, planeRef } from "../schemas/layout.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { publication, writeReleaseOf, writeSettings } from "../schemas/plane-branch.contract.ts";
import type { PlaneSettings } from "../schemas/plane-settings.ts";

export type Manifest = {
  readonly kind: string;
  readonly apiVersion?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
};

/** Manifests by path, or a file's text as it stands. */
export type PlaneTree = Readonly<Record<string, readonly Manifest[] | string>>;

export type Publish = {
  readonly settings?: Partial<PlaneSettings>;
  /** Default: one more than before. */
  readonly sequence?: number;
  /** Default: the branch's tip. Undefined makes a root commit. */
  readonly parent?: Oid | undefined;
  /** Lost revisions that the commit lets agents go on from. */
  readonly recovers?: readonly Oid[];
};

export class PlaneBranch {
  readonly plane: PlaneId;
  readonly repository: Repository;
  #paths: readonly string[] = [];
  #sequence = 0;
  #tip: Oid | undefined;

  constructor(repository: Repository, plane: PlaneId) {
    this.repository = repository;
    this.plane = plane;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Commits the whole tree on top of the branch and moves it; answers the revision. */
  async publish(tree: PlaneTree, options: Publish = {}): Promise<Oid> {
    return await this.move(await this.commit(tree, options));
  }

  /** Moves the branch to a commit, whoever made it. */
  async move(revision: Oid): Promise<Oid> {
    const moved = await this.repository.push(planeRef(this.plane), { expect: this.#tip, next: revision });
    if (moved.kind !== "pushed") throw new Error(`the plane's branch did not move: ${moved.kind}`);
    this.#tip = revision;
    return revision;
  }

  /** Commits the whole tree without moving the branch. */
  async commit(tree: PlaneTree, options: Publish = {}): Promise<Oid> {
    this.#sequence = options.sequence ?? this.#sequence + 1;
    const parent = "parent" in options ? options.parent : this.#tip;
    const changes = new Map<string, Uint8Array | null>();
    const isRoot = parent === undefined;
    for (const path of isRoot ? [] : this.#paths) changes.set(path, null);
    for (const [path, content] of Object.entries({
      [planeFile]: writeSettings(this.plane, options.settings),
      ...tree,
    })) {
      const text = typeof content === "string" ? content : writeRelease(this.plane, path, content);
      changes.set(path, Buffer.from(text));
    }
    this.#paths = [...new Set([...this.#paths, ...changes.keys()])].filter((path) => changes.get(path) !== null);
    return await this.repository.commit({
      parent,
      changes,
      ...publication({ sequence: this.#sequence, reason: "test", recovers: options.recovers ?? [] }),
    });
  }
}

/** The text of a Release at a path. */
export function writeRelease(plane: PlaneId, path: string, manifests: readonly Manifest[]): string {
  const objects = manifests.map((manifest) => renderManifest(plane, path, manifest));
  return writeReleaseOf(plane, objects);
}

/** The object that a manifest at a path stands for. */
export function renderManifest(plane: PlaneId, path: string, manifest: Manifest): KubernetesObject {
  const { kind, apiVersion = "v1", name, namespace, annotations, body = {} } = manifest;
  const labels = objectLabels({ organization: plane.organization }, { plane, path });
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels,
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { apiVersion, kind, metadata, ...body };
}
