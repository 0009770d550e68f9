/**
 * For tests: several programs that work on the same repositories, one repository call at a time, in an order that the test
 * chooses. Between two calls a program computes and waits for nothing else, so an order that was seen once can be had again.
 */
import { setImmediate } from "node:timers/promises";
import { GitError, type Repository } from "../git/repository.ts";

/** Calls whose order matters to others: they read or move refs, or come right before or after. */
export const methods = ["fetch", "readCommit", "isAncestor", "log", "commit", "push"] as const;
export type Method = (typeof methods)[number];

/**
 * What happens around the nth call of a method. `crash`: the program is gone. `fail`: that call fails, or its answer is lost.
 * `wait`: the program stands still until the others are done.
 */
export type Stop = {
  readonly method: Method;
  readonly nth: number;
  readonly when: "before" | "after";
  readonly effect: "crash" | "fail" | "wait";
};

export class Crash extends Error {
  override name = "Crash";
}

/** Told of a call that was made, before anybody else makes one. */
export type See = (method: string, args: readonly unknown[], answer: unknown) => Promise<void> | void;

/** A program, as its repositories see it. */
export class Program {
  readonly name: string;
  readonly #turnstile: Turnstile;
  #stop: Stop | undefined;
  #calls = 0;
  isDead = false;
  /** Whether the stop was reached. */
  isStopped = false;

  constructor(name: string, turnstile: Turnstile) {
    this.name = name;
    this.#turnstile = turnstile;
  }

  /** For the calls from now on. */
  stopAt(stop: Stop | undefined): void {
    this.#stop = stop;
    this.#calls = 0;
    this.isStopped = false;
  }

  /** Every call of the repository goes through the turnstile. */
  use<Used extends Repository>(repository: Used, see: See): Used {
    return new Proxy(repository, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function" || typeof name !== "string") return member;
        return (...args: unknown[]) =>
          this.call(name, async () => {
            const answer: unknown = await (member as (...given: unknown[]) => unknown).apply(target, args);
            await see(name, args, answer);
            return answer;
          });
      },
    });
  }

  async call<Answer>(method: string, act: () => Promise<Answer>): Promise<Answer> {
    const isTurning = methods.some((each) => each === method);
    const stop = method === this.#stop?.method && (this.#calls += 1) === this.#stop.nth ? this.#stop : undefined;
    if (stop?.when === "before") await this.#meet(stop);
    const answer = await this.#pass({ isTurning }, act);
    if (stop?.when === "after") await this.#meet(stop);
    return answer;
  }

  async #pass<Answer>(how: { isTurning?: boolean; isLast?: boolean }, act: () => Promise<Answer>): Promise<Answer> {
    if (this.isDead) throw new Crash(`${this.name} has crashed`);
    return this.#turnstile.pass({ program: this, isTurning: false, isLast: false, ...how }, async () => {
      if (this.isDead) throw new Crash(`${this.name} has crashed`);
      return act();
    });
  }

  async #meet({ effect, method, when }: Stop): Promise<void> {
    this.isStopped = true;
    if (effect === "wait") return this.#pass({ isLast: true }, async () => {});
    if (effect === "fail") throw new GitError("unreachable", `${this.name} lost the connection ${when} ${method}`);
    this.isDead = true;
    throw new Crash(`${this.name} has crashed`);
  }
}

type Turn = { readonly program: Program; readonly isTurning: boolean; readonly isLast: boolean };
type Waiting = Turn & { readonly go: () => Promise<void> };

export class Turnstile {
  #waiting: Waiting[] = [];

  async pass<Answer>(turn: Turn, act: () => Promise<Answer>): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const go = async (): Promise<void> => act().then(resolve, reject);
    this.#waiting.push({ ...turn, go });
    return promise;
  }

  /**
   * Runs the flows to their ends. Each number of `order` chooses who is next where several programs could be; without one the
   * first of them goes on. Throws what the first flow that failed threw.
   */
  async run(flows: readonly (() => Promise<void>)[], order: readonly number[]): Promise<void> {
    const open = new Set(flows);
    const ends = flows.map(async (flow) => flow().finally(() => open.delete(flow)));
    const ended = Promise.allSettled(ends);
    const choices = order.values();
    while (open.size > 0 || this.#waiting.length > 0) {
      await setImmediate();
      await this.#choose(choices)?.go();
    }
    await ended;
    await Promise.all(ends);
  }

  #choose(choices: Iterator<number>): Waiting | undefined {
    const quiet = this.#waiting.find(({ isTurning, isLast }) => !isTurning && !isLast);
    if (quiet !== undefined) return this.#take(quiet);
    const turning = this.#waiting.filter(({ isLast }) => !isLast);
    const ready = turning.length > 0 ? turning : this.#waiting;
    const programs = [...new Set(ready.map(({ program }) => program))].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const choice: number = programs.length > 1 ? (choices.next().value ?? 0) : 0;
    const program = programs[choice % programs.length];
    return this.#take(ready.find((one) => one.program === program));
  }

  #take(chosen: Waiting | undefined): Waiting | undefined {
    this.#waiting = this.#waiting.filter((one) => one !== chosen);
    return chosen;
  }
}
