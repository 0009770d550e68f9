/**
 * Asks for warnings about objects that are unhealthy and do not say why: one short request each, some seconds apart and then
 * no more, one after the other over all objects. Nothing is asked about what is well.
 */
import { sleep } from "../process/backoff.ts";
import type { Log } from "../process/log.ts";
import { sayEvents } from "./health/event-reason.ts";
import type { Target } from "./target.ts";

export type EventSubject = { readonly namespace: string; readonly uid: string };

export type EventAsksOptions = {
  readonly target: Pick<Target, "readEvents">;
  readonly log: Log;
  /** There is something to say about the object that was asked for under this id. */
  readonly onChange: (id: string) => void;
  /** When to ask, each from the last answer. Default 1, 5, 20, 60 and 300 s. */
  readonly delaysMs?: readonly number[];
  /** Between two requests. Default 250. */
  readonly gapMs?: number;
};

type Ask = EventSubject & { readonly stop: AbortController; text: string | undefined };

const defaultDelaysMs = [1000, 5000, 20_000, 60_000, 300_000];
const mostAsks = 500;

export class EventAsks implements AsyncDisposable {
  readonly #options: EventAsksOptions;
  readonly #asks = new Map<string, Ask>();
  readonly #running = new Set<Promise<void>>();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: EventAsksOptions) {
    this.#options = options;
  }

  /** Looks for warnings about a subject on behalf of an id, unless that is under way or was done. */
  ask(id: string, subject: EventSubject): void {
    if (this.#asks.get(id)?.uid === subject.uid) return;
    this.forget(id);
    if (this.#asks.size >= mostAsks) return;
    const ask: Ask = { ...subject, stop: new AbortController(), text: undefined };
    this.#asks.set(id, ask);
    const running = this.#follow(id, ask).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  forget(id: string): void {
    this.#asks.get(id)?.stop.abort();
    this.#asks.delete(id);
  }

  textOf(id: string): string | undefined {
    return this.#asks.get(id)?.text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.#asks.keys()) this.forget(id);
    await Promise.all(this.#running);
  }

  async #follow(id: string, ask: Ask): Promise<void> {
    const { signal } = ask.stop;
    for (const delayMs of this.#options.delaysMs ?? defaultDelaysMs) {
      await sleep(delayMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#inTurn(() => this.#look(id, ask), signal);
    }
  }

  /** One request at a time, so that a plane whose every workload is unhealthy asks no faster than one that has one. */
  async #inTurn(act: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const before = this.#turn;
    const mine = Promise.withResolvers<void>();
    this.#turn = mine.promise;
    await before;
    if (!signal.aborted) {
      await act();
      await sleep(this.#options.gapMs ?? 250, signal).catch(() => undefined);
    }
    mine.resolve();
  }

  async #look(id: string, ask: Ask): Promise<void> {
    const { signal } = ask.stop;
    const { target, log, onChange } = this.#options;
    try {
      const events = await target.readEvents(ask, { signal });
      // What cannot be read now is looked for again with the next delay.
      const text = "kind" in events ? undefined : sayEvents(events);
      if (text === undefined || text === ask.text || signal.aborted) return;
      ask.text = text;
      onChange(id);
    } catch (error) {
      if (!signal.aborted) log.warn({ error }, `asking for the events of ${id} failed`);
    }
  }
}
