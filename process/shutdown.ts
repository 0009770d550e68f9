/**
 * Turns SIGINT and SIGTERM into an abort, so that a program finishes its current step, disposes and ends with its own exit
 * code. A second signal means that the person will not wait: the process ends at once. One Ctrl-C below `npm start` is two
 * SIGINTs, the terminal's own and the one that npm passes on, so one that follows at once is the same.
 */

import { exitCodes } from "./exit-codes.ts";

export type Shutdown = Disposable & { readonly signal: AbortSignal };

/** The part of `process` that is used; a test passes its own. */
export type SignalSource = {
  on(name: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(name: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): unknown;
};

/** Nobody presses Ctrl-C twice in less. */
const echoMs = 250;

/** Listens until disposed. The signal's reason is an AbortError that names what was received. */
export function listenForShutdown(source: SignalSource = process, now = (): number => performance.now()): Shutdown {
  const controller = new AbortController();
  let interruptedAtMs = Number.NEGATIVE_INFINITY;
  const receive = (name: string): void => {
    if (name === "SIGINT" && now() - interruptedAtMs < echoMs) {
      return;
    }
    if (controller.signal.aborted) {
      source.exit(exitCodes.interrupted);
      return;
    }
    interruptedAtMs = name === "SIGINT" ? now() : interruptedAtMs;
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
