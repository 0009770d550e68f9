/** A plane's branch that a test writes itself, as a control plane would: whole trees, one revision each, or none at all. */
import type { Oid, Repository } from "../../git/repository.ts";
import { objectLabels } from "../../schemas/labels.ts";
import { type PlaneId, planeFile, planeRef } from "../../schemas/layout.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { publication, writeReleaseOf, writeSettings } from "../../schemas/plane-branch.contract.ts";
import type { PlaneSettings } from "../../schemas/plane-settings.ts";

/** Objects by the path of their Release; labels are added. A text stands as it is. */
export type FeedTree = Readonly<Record<string, readonly KubernetesObject[] | string>>;

export type Publish = {
  readonly settings?: Partial<PlaneSettings>;
  /** Default: one more than before. */
  readonly sequence?: number;
  /** Default: the last published. Undefined makes a root commit. */
  readonly parent?: Oid | undefined;
  readonly recovers?: readonly Oid[];
};

export class PlaneFeed {
  readonly #repository: Repository;
  readonly #plane: PlaneId;
  readonly #heals: boolean;
  #paths: readonly string[] = [];
  #sequence = 0;
  tip: Oid | undefined;

  constructor(repository: Repository, plane: PlaneId, { heals }: { readonly heals: boolean }) {
    this.#repository = repository;
    this.#plane = plane;
    this.#heals = heals;
  }

  /** Commits the whole tree and moves the branch to it, wherever the branch is. */
  async publish(tree: FeedTree, options: Publish = {}): Promise<Oid> {
    const revision = await this.commit(tree, options);
    const ref = planeRef(this.#plane);
    const moved = await this.#repository.push(ref, { expect: await this.#repository.readRef(ref), next: revision });
    if (moved.kind !== "pushed") throw new Error(`the plane's branch did not move: ${moved.kind}`);
    return revision;
  }

  /** Commits the whole tree without moving the branch. */
  async commit(tree: FeedTree, options: Publish = {}): Promise<Oid> {
    this.#sequence = options.sequence ?? this.#sequence + 1;
    const parent = "parent" in options ? options.parent : this.tip;
    const changes = new Map<string, Uint8Array | null>();
    const before = parent === undefined ? [] : this.#paths;
    for (const path of before) changes.set(path, null);
    for (const [path, content] of Object.entries({ [planeFile]: this.#settings(options), ...tree })) {
      changes.set(path, Buffer.from(typeof content === "string" ? content : this.#release(path, content)));
    }
    this.#paths = [...changes.keys()].filter((path) => changes.get(path) !== null);
    this.tip = await this.#repository.commit({
      parent,
      changes,
      ...publication({ sequence: this.#sequence, reason: "test", recovers: options.recovers ?? [] }),
    });
    return this.tip;
  }

  #settings({ settings = {} }: Publish): string {
    return writeSettings(this.#plane, { drift: this.#heals ? "heal" : "report", ...settings });
  }

  #release(path: string, objects: readonly KubernetesObject[]): string {
    const labels = objectLabels({ organization: this.#plane.organization }, { plane: this.#plane, path });
    const labelled = objects.map((object) => ({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } },
    }));
    return writeReleaseOf(this.#plane, labelled);
  }
}
