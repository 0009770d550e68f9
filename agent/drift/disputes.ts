/**
 * Fields that somebody else keeps changing. Each is put right at most once a minute, so that two controllers never race; what
 * is not disputed is not slowed down.
 */
import type { FieldPath } from "../managed-fields.ts";

export const disputePauseMs = 60_000;
const mostDisputes = 10_000;

export class Disputes {
  readonly #healedAtMs = new Map<string, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Milliseconds until the field may be put right again; 0: now. */
  pauseOf(id: string, path: FieldPath): number {
    const healed = this.#healedAtMs.get(keyOf(id, path));
    return healed === undefined ? 0 : Math.max(0, healed + disputePauseMs - this.#nowMs());
  }

  /** The field was put right now. */
  note(id: string, path: FieldPath): void {
    const now = this.#nowMs();
    const key = keyOf(id, path);
    this.#healedAtMs.delete(key);
    this.#healedAtMs.set(key, now);
    for (const [other, at] of this.#healedAtMs) {
      if (at + disputePauseMs > now && this.#healedAtMs.size <= mostDisputes) break;
      this.#healedAtMs.delete(other);
    }
  }
}

function keyOf(id: string, path: FieldPath): string {
  return JSON.stringify([id, ...path]);
}
