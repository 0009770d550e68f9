/**
 * Whether the target may be another than it was. After a watch broke off it may have been restored from a backup, or its name
 * may stand for another cluster now, and what is remembered of it would be wrong for ever: so the record is looked at once.
 */
import type { Bell } from "../process/bell.ts";
import type { RecordKeeper } from "./record.ts";

export class Doubt {
  readonly #bell: Bell;
  #isRaised = false;

  constructor(bell: Bell) {
    this.#bell = bell;
  }

  raise(): void {
    this.#isRaised = true;
    this.#bell.ring();
  }

  /** Why the target is another; undefined when it is not, or cannot be asked yet. */
  async settle(keeper: RecordKeeper, signal: AbortSignal): Promise<string | undefined> {
    if (!this.#isRaised) return undefined;
    this.#isRaised = false;
    const outcome = await keeper.compare(signal);
    if (outcome.kind === "failed") this.#isRaised = true;
    return outcome.kind === "another" ? outcome.reason : undefined;
  }
}
