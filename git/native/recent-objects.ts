/** Objects that were written a moment ago: what is fetched is read next, and what is committed is pushed next. */

import type { Oid } from "../repository.ts";
import type { NewObject } from "../tree-edit.ts";

const MOST_BYTES = 512 * 1024;
/** One change's objects are all small; a large one would drive out everything else. */
const LARGEST_BYTES = 128 * 1024;
/** Beside its body: the id, the entry, the view on the bytes. */
const OBJECT_BYTES = 300;

export class RecentObjects {
  /** The oldest first. */
  readonly #objects = new Map<Oid, NewObject>();
  #bytes = 0;

  get(oid: Oid): NewObject | undefined {
    return this.#objects.get(oid);
  }

  put(oid: Oid, object: NewObject): void {
    if (object.body.byteLength > LARGEST_BYTES || this.#objects.has(oid)) return;
    this.#objects.set(oid, object);
    this.#bytes += sizeOf(object);
    for (const [oldest, { body, type }] of this.#objects) {
      if (this.#bytes <= MOST_BYTES) return;
      this.#objects.delete(oldest);
      this.#bytes -= sizeOf({ body, type });
    }
  }
}

function sizeOf({ body }: NewObject): number {
  return body.byteLength + OBJECT_BYTES;
}
