/** Says what happens as it happens: one line an event, with the seconds since the start; on a terminal also how far it is. */
import { sanitize } from "../../process/sanitize.ts";

type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

const clearLine = "\r\u001b[K";

export class Narrator {
  readonly #stream: Stream;
  readonly #startedMs = performance.now();
  #isAtStart = true;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Whether `progress` shows anything. */
  get isLive(): boolean {
    return this.#stream.isTTY === true;
  }

  say(text: string): void {
    this.#write(`${this.#line(text)}\n`);
  }

  /** One line at the end of what is said, which the next replaces; nothing where there is no terminal. */
  progress(text: string): void {
    if (!this.isLive) return;
    this.#write(this.#line(text).slice(0, (this.#stream.columns ?? 80) - 1));
    this.#isAtStart = false;
  }

  /** A block of text without times, with an empty line around it. */
  show(text: string): void {
    this.#write(`\n${sanitize(text.trimEnd(), { keepLineBreaks: true })}\n\n`);
  }

  #line(text: string): string {
    const seconds = ((performance.now() - this.#startedMs) / 1000).toFixed(1);
    return `${seconds.padStart(6)} s  ${sanitize(text)}`;
  }

  #write(text: string): void {
    this.#stream.write(this.#isAtStart ? text : `${clearLine}${text}`);
    this.#isAtStart = true;
  }
}
