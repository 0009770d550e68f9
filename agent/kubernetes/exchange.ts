/**
 * One request and its whole answer by undici's `dispatch`, without what its `request` makes beside them: a stream, an async
 * resource and a signal's listener each, most of what an apply costs an agent.
 */
import type { Dispatcher } from "undici";
import { TooLargeError } from "./read-body.ts";

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

export type WholeAnswer = { readonly status: number; readonly headers: Headers; readonly text: string };

export class Exchange implements Dispatcher.DispatchHandler {
  /** Rejects with what `end` was told, what broke, or TooLargeError. */
  readonly answer: Promise<WholeAnswer>;
  readonly #settled = Promise.withResolvers<WholeAnswer>();
  readonly #limitBytes: number;
  readonly #chunks: Buffer[] = [];
  #sizeBytes = 0;
  #status = 0;
  #headers: Headers = {};
  #controller: Dispatcher.DispatchController | undefined;
  #endedBy: Error | undefined;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.answer = this.#settled.promise;
    // It may be given up before anybody waits for it.
    this.answer.catch(() => undefined);
  }

  /** Gives the request up, whether it has begun or not. */
  end(reason: Error): void {
    this.#endedBy ??= reason;
    this.#settled.reject(reason);
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It begins once there is a connection; by then nobody may want it any more.
    if (this.#endedBy !== undefined) controller.abort(this.#endedBy);
    else this.#controller = controller;
  }

  /** Also of each 1xx before the answer. */
  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes <= this.#limitBytes) this.#chunks.push(chunk);
    else this.end(new TooLargeError(`the answer is larger than ${this.#limitBytes} bytes`));
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const whole = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#settled.resolve({ status: this.#status, headers: this.#headers, text: whole.toString("utf8") });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#settled.reject(error);
  }
}
