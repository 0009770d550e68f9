/**
 * Which of several processes with one identity may write. The receipts branch tells: who holds the plane is named there with
 * a term that grows whenever another process takes over, and of two that write it compare-and-swap lets one through. A
 * process that is not the holder's successor on the same volume asks first, in a commit; a holder that lives answers with
 * its next look at the branch. Rejected: a lease, which costs the API server requests for ever, and clocks that must agree.
 */
import type { PlaneReceipt } from "../schemas/receipt.ts";

/** What the holder said last: its own part of the receipts branch, as far as it matters here. */
export type Told = Pick<PlaneReceipt, "instance" | "term" | "ended" | "asks">;

export type TenureOptions = {
  readonly instance: string;
  /** Processes that ran on this volume before: whatever they held is ours. */
  readonly predecessors: ReadonlySet<string>;
  /** How long a holder may take to answer: longer than it may take to look at the branch. */
  readonly patienceMs: number;
  /** Between two questions to a holder that answered. */
  readonly askAgainMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs: () => number;
};

type State =
  | { readonly kind: "holds"; readonly term: number }
  /** Nothing is known of a holder yet, or it is time to ask the one that answered. */
  | { readonly kind: "new" }
  | { readonly kind: "asked"; readonly rival: string; readonly atMs: number }
  | { readonly kind: "waits"; readonly rival: string; readonly sinceMs: number };

/** `holds`: write. `ask`: put the question on the branch. `wait`: write nothing, look again later. */
export type Verdict = "holds" | "ask" | "wait";

export class Tenure {
  readonly #options: TenureOptions;
  #state: State = { kind: "new" };

  constructor(options: TenureOptions) {
    this.#options = options;
  }

  get instance(): string {
    return this.#options.instance;
  }

  /** The fencing token that goes with what the holder writes; undefined while another may be the holder. */
  get term(): number | undefined {
    return this.#state.kind === "holds" ? this.#state.term : undefined;
  }

  /** The process that is known to hold the plane in our place. */
  get rival(): string | undefined {
    return this.#state.kind === "waits" ? this.#state.rival : undefined;
  }

  /** The branch says this, as far as it can be had; undefined when nobody ever said anything. */
  judge(told: Told | undefined): Verdict {
    this.#state = this.#next(told);
    switch (this.#state.kind) {
      case "holds":
        return "holds";
      case "new":
        return "ask";
      case "asked":
      case "waits":
        return "wait";
    }
  }

  /** The question is on the branch, below the words of this holder. */
  noteAsked(rival: string): void {
    this.#state = { kind: "asked", rival, atMs: this.#options.nowMs() };
  }

  /** Whether somebody waits to hear that we live. */
  isAsked(told: Told | undefined): boolean {
    return told !== undefined && told.instance === this.instance && told.asks !== undefined;
  }

  #next(told: Told | undefined): State {
    const { instance, nowMs, patienceMs, predecessors, askAgainMs } = this.#options;
    const state = this.#state;
    if (state.kind === "holds") {
      if (told === undefined || told.instance === instance || termOf(told) < state.term) return state;
      // Of our own volume, seen late: Git was away when we began.
      if (predecessors.has(told.instance)) return { kind: "holds", term: termOf(told) + 1 };
      return { kind: "waits", rival: told.instance, sinceMs: nowMs() };
    }
    const isFree =
      told === undefined || told.instance === instance || told.ended === true || predecessors.has(told.instance);
    if (isFree) return { kind: "holds", term: termOf(told) + 1 };
    const rival = told.instance;
    switch (state.kind) {
      case "new":
        return state;
      case "asked":
        // Whoever wrote over the question lives, or asks too and will hear.
        if (told.asks !== instance || rival !== state.rival) return { kind: "waits", rival, sinceMs: nowMs() };
        return nowMs() - state.atMs < patienceMs ? state : { kind: "holds", term: termOf(told) + 1 };
      case "waits":
        return nowMs() - state.sinceMs < askAgainMs ? { ...state, rival } : { kind: "new" };
    }
  }
}

/** Receipts of before there were terms have none. */
function termOf(told: Told | undefined): number {
  return told?.term ?? 0;
}
