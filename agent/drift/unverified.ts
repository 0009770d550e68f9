/**
 * What an earlier process applied, gathered as it is scanned, kind by kind, until it is compared, Release by Release: so each
 * file is read once and not once a kind. Objects that are alike share what is kept of their managers, and there are bounds.
 */
import type { ManagedFields } from "../managed-fields.ts";

export type Gathered = {
  readonly id: string;
  readonly uid: string;
  /** Of the fields that the plane's manager applied. */
  readonly print: string;
  /** Those fields; at most one entry. */
  readonly applied: readonly ManagedFields[];
  /** Fields that were left to others. */
  readonly leftOut: readonly string[];
};

/** Some two kilobytes each. */
const mostUnlike = 1000;
const mostObjects = 20_000;

export class Unverified {
  #byPath = new Map<string, Gathered[]>();
  #appliedByPrint = new Map<string, readonly ManagedFields[]>();
  #count = 0;

  /** Whether it is time to compare what there is. */
  get isFull(): boolean {
    return this.#appliedByPrint.size >= mostUnlike || this.#count >= mostObjects;
  }

  add(path: string, object: Gathered): void {
    const applied = this.#appliedByPrint.get(object.print) ?? object.applied;
    this.#appliedByPrint.set(object.print, applied);
    const objects = this.#byPath.get(path) ?? [];
    this.#byPath.set(path, objects);
    objects.push({ ...object, applied });
    this.#count += 1;
  }

  /** Everything, once, by path. */
  take(): ReadonlyMap<string, readonly Gathered[]> {
    const taken = this.#byPath;
    this.#byPath = new Map();
    this.#appliedByPrint = new Map();
    this.#count = 0;
    return taken;
  }
}
