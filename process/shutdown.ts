/**
 * Turns SIGINT and SIGTERM into an abort, so that a program finishes its current step, disposes and ends with its own exit
 * code. A second signal means that the person will not wait: the process ends at once.
 */

import { exitCodes } from "./exit-codes.ts";

export type Shutdown = Disposable & { readonly signal: AbortSignal };

/** The part of `process` that is used; a test passes its own. */
export type SignalSource = {
  on(name: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(name: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): unknown;
};

/** Listens until disposed. The signal's reason is an AbortError that names what was received. */
export function listenForShutdown(source: SignalSource = process): Shutdown {
  const controller = new AbortController();
  const receive = (name: string): void => {
    if (controller.signal.aborted) {
      source.exit(exitCodes.interrupted);
      return;
    }
    controller.abort(new DOMException(`stopped by ${name}`, "AbortError"));
  };
  const onInterrupt = (): void => receive("SIGINT");
  const onTerminate = (): void => receive("SIGTERM");
  source.on("SIGINT", onInterrupt);
  source.on("SIGTERM", onTerminate);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      source.off("SIGINT", onInterrupt);
      source.off("SIGTERM", onTerminate);
    },
  };
}
