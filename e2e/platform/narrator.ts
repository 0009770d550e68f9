/** Says what happens as it happens: one line an event, with the seconds since the start. */
import { sanitize } from "../../process/sanitize.ts";

export class Narrator {
  readonly #stream: NodeJS.WritableStream;
  readonly #startedMs = performance.now();

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  say(text: string): void {
    const seconds = ((performance.now() - this.#startedMs) / 1000).toFixed(1);
    this.#stream.write(`${seconds.padStart(6)} s  ${sanitize(text)}\n`);
  }

  /** A block of text without times, with an empty line around it. */
  show(text: string): void {
    this.#stream.write(`\n${sanitize(text.trimEnd(), { keepLineBreaks: true })}\n\n`);
  }
}
