/** What a command is doing, on one line of a terminal that goes when there is an answer. Elsewhere nothing is said. */
import { sanitize } from "../../process/sanitize.ts";

/** What is quicker needs no word. */
const patienceMs = 300;

export class Waiting implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedAtMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #doing = "asking the control plane";
  #isShown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    if (stream.isTTY) this.#timer = setInterval(() => this.#draw(), patienceMs).unref();
  }

  /** Shown at once after the first moments, because rendering leaves no time for timers. */
  readonly say = (doing: string): void => {
    this.#doing = doing;
    if (this.#timer !== undefined && performance.now() - this.#startedAtMs >= patienceMs) this.#draw();
  };

  /** Takes the line away; a second time does nothing. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#isShown) this.#stream.write("\r\u001b[K");
    this.#isShown = false;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #draw(): void {
    const seconds = Math.round((performance.now() - this.#startedAtMs) / 1000);
    this.#stream.write(`\r\u001b[K${sanitize(this.#doing).slice(0, this.#stream.columns - 10)} … ${seconds} s`);
    this.#isShown = true;
  }
}
