/**
 * Whether the target may be another than it was. After a watch broke off it may have been restored from a backup, or its name
 * may stand for another cluster now, and what is remembered of it would be wrong for ever: so the record is looked at once.
 */
import type { Bell } from "../process/bell.ts";
import type { RecordKeeper } from "./record.ts";

export class Doubt {
  readonly #bell: Bell;
  /** When it was raised last, if it is not settled. */
  #raisedAtMs: number | undefined;

  constructor(bell: Bell) {
    this.#bell = bell;
  }

  raise(): void {
    this.#raisedAtMs = performance.now();
    this.#bell.ring();
  }

  /** Why the target is another; undefined when it is not, or cannot be asked yet. */
  async settle(keeper: RecordKeeper, signal: AbortSignal): Promise<string | undefined> {
    const sinceMs = this.#raisedAtMs;
    if (sinceMs === undefined) return undefined;
    this.#raisedAtMs = undefined;
    const outcome = await keeper.compare(signal, sinceMs);
    if (outcome.kind === "failed") this.#raisedAtMs ??= sinceMs;
    return outcome.kind === "another" ? outcome.reason : undefined;
  }
}
