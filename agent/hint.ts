/** What wake-up streams say meanwhile: only ever a hint of where the branch is. */
import type { Oid } from "../git/repository.ts";
import type { Bell } from "../process/bell.ts";

/** The newest oid that a wake named. One that comes during a reconcile ends its waits and is looked at right after it. */
export class Hint {
  readonly #bell: Bell;
  #oid: Oid | undefined;
  #current: { readonly revision: Oid; readonly newer: AbortController } | undefined;

  constructor(bell: Bell) {
    this.#bell = bell;
  }

  give(oid: Oid): void {
    this.#oid = oid;
    if (this.#current !== undefined && this.#current.revision !== oid) this.#current.newer.abort();
    this.#bell.ring();
  }

  /** A revision is being reconciled now: the signal tells when a newer one is known. */
  begin(revision: Oid): AbortSignal {
    const newer = new AbortController();
    this.#current = { revision, newer };
    if (this.#oid !== undefined && this.#oid !== revision) newer.abort();
    return newer.signal;
  }

  end(): void {
    this.#current = undefined;
  }

  /** The branch was looked at and stands here, so an older hint says nothing any more. */
  settle(): void {
    this.#oid = undefined;
  }
}
