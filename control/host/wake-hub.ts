/**
 * Tells those who listen that a ref moved. A hint and no queue: a listener that is slow gets the newest oid of each ref, so
 * what is kept for it is bounded by the number of refs it may see. A full house drops its oldest listener, because a client
 * whose connection broke unnoticed comes back as a new one.
 */

import { planeKey, type PlaneId } from "../../schemas/layout.ts";

/** Who may hear of a ref. */
export type Audience = { readonly kind: "people" } | { readonly kind: "agent"; readonly plane: PlaneId };

export type Wake = { readonly ref: string; readonly oid: string };

export type WakeLimits = { readonly perAgent: number; readonly people: number };

export class WakeHub {
  readonly #limits: WakeLimits;
  readonly #listeners = new Map<string, Set<WakeListener>>();
  #isClosed = false;

  constructor(limits: WakeLimits) {
    this.#limits = limits;
  }

  announce(wake: Wake, audience: Audience): void {
    for (const listener of this.#listeners.get(audienceKey(audience)) ?? []) {
      listener.offer(wake);
    }
  }

  /** A listener to dispose; after `close` it has ended already. */
  listen(audience: Audience): WakeListener {
    const key = audienceKey(audience);
    const listeners = this.#listeners.get(key) ?? new Set();
    const listener = new WakeListener(() => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) {
        this.#listeners.delete(key);
      }
    });
    listeners.add(listener);
    this.#listeners.set(key, listeners);
    const [oldest] = listeners;
    if (listeners.size > (audience.kind === "people" ? this.#limits.people : this.#limits.perAgent)) {
      oldest?.end();
    }
    if (this.#isClosed) {
      listener.end();
    }
    return listener;
  }

  get size(): number {
    return [...this.#listeners.values()].reduce((count, listeners) => count + listeners.size, 0);
  }

  close(): void {
    this.#isClosed = true;
    const listeners = [...this.#listeners.values()].flatMap((some) => Array.from(some));
    for (const listener of listeners) {
      listener.end();
    }
  }
}

export class WakeListener implements Disposable {
  readonly #onEnd: () => void;
  readonly #pending = new Map<string, string>();
  readonly #seen = new Set<string>();
  #isEnded = false;
  #resume: (() => void) | undefined;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  offer({ ref, oid }: Wake): void {
    this.#seen.add(ref);
    this.#pending.set(ref, oid);
    this.#resume?.();
  }

  /** Offers what was read as the present state, except refs of which something newer has been heard meanwhile. */
  offerPresent(refs: ReadonlyMap<string, string>): void {
    for (const [ref, oid] of refs) {
      if (!this.#seen.has(ref)) {
        this.offer({ ref, oid });
      }
    }
  }

  /** The next wakes; none after `idleMs` without one; undefined when the listener has ended. One caller at a time. */
  async next(idleMs: number): Promise<readonly Wake[] | undefined> {
    if (this.#pending.size === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, idleMs);
        this.#resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#resume = undefined;
    }
    if (this.#isEnded) {
      return undefined;
    }
    const wakes = Array.from(this.#pending, ([ref, oid]) => ({ ref, oid }));
    this.#pending.clear();
    return wakes;
  }

  end(): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#onEnd();
      this.#resume?.();
    }
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

function audienceKey(audience: Audience): string {
  return audience.kind === "people" ? "people" : planeKey(audience.plane);
}
