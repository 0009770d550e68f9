/**
 * How many requests an API server is sent at once: more while its answers take no longer for it, fewer as soon as they do,
 * and half as many when it says that it is too much (429). A server of two cores is served best with eight, one of many with
 * as many as are allowed; both without being told. Like TCP Vegas, by the share of the time that is spent in a queue. Pure.
 */

export type Limits = {
  readonly least: number;
  readonly most: number;
};

/** How a request ended: after how long, and whether the server asked for fewer. */
export type Ended = { readonly tookMs: number; readonly isRefused: boolean };

/**
 * Also the fewest that slow answers alone lead to: even on two busy cores no fewer were quicker, and a server that others
 * keep busy answers slowly however little we send. Fewer than these make no queue, so what they take is the new measure.
 */
const firstLimit = 8;
/** Answers may take this many times as long as the quickest before the difference counts as a queue. */
const growsBelow = 1.4;
const shrinksAbove = 2;
const growth = 1.25;
const decay = 0.85;
const refusedDecay = 0.5;
/** Fewer say too little: one garbage collection would decide. */
const leastSamples = 8;

export class AdaptiveLimit {
  readonly #limits: Limits;
  #limit: number;
  #quickestMs = Infinity;
  #samples = 0;
  #sumMs = 0;
  /** Requests that were under way when the last refusal came: theirs are the same news. */
  #deaf = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#limit = Math.min(limits.most, Math.max(limits.least, firstLimit));
  }

  get current(): number {
    return Math.floor(this.#limit);
  }

  /** Takes what became of a request; `underWay` is how many others are. The limit may be another then. */
  note({ tookMs, isRefused }: Ended, underWay: number): void {
    if (this.#deaf > 0) {
      this.#deaf -= 1;
      return;
    }
    if (isRefused) {
      this.#deaf = underWay;
      this.#forgetSamples();
      this.#change(refusedDecay);
      return;
    }
    this.#samples += 1;
    this.#sumMs += tookMs;
    if (this.#samples >= Math.max(leastSamples, this.current)) this.#judge(underWay);
  }

  #judge(underWay: number): void {
    const meanMs = this.#sumMs / this.#samples;
    this.#forgetSamples();
    const isServers = this.current <= firstLimit;
    this.#quickestMs = isServers ? meanMs : Math.min(meanMs, this.#quickestMs);
    const slowness = meanMs / this.#quickestMs;
    if (slowness > shrinksAbove) this.#change(Math.max(decay, firstLimit / this.#limit));
    // What is not used up says nothing about more.
    else if (slowness < growsBelow && underWay + 1 >= this.current) this.#change(growth);
  }

  #change(factor: number): void {
    const { least, most } = this.#limits;
    this.#limit = Math.min(most, Math.max(least, this.#limit * factor));
  }

  #forgetSamples(): void {
    this.#samples = 0;
    this.#sumMs = 0;
  }
}
