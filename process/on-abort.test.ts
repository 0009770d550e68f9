import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort } from "./on-abort.ts";

test("calls each that still waits, in the order of asking, once", () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => called.push("first"));
  const takeBack = onAbort(controller.signal, () => called.push("taken back"));
  onAbort(controller.signal, () => called.push("last"));
  takeBack();
  controller.abort();
  controller.abort();
  expect(called).toEqual(["first", "last"]);
});

test("one that takes another back while all are called is heeded", () => {
  const controller = new AbortController();
  const called: string[] = [];
  let takeBack = (): void => undefined;
  onAbort(controller.signal, () => takeBack());
  takeBack = onAbort(controller.signal, () => called.push("taken back"));
  controller.abort();
  expect(called).toEqual([]);
});

test("a thousand are one listener of the signal", () => {
  const { signal } = new AbortController();
  for (let each = 0; each < 1000; each += 1) onAbort(signal, () => undefined);
  expect(getEventListeners(signal, "abort").length).toBe(1);
});
