import { expect, test } from "vitest";
import { KeptEvents } from "./kept-events.ts";

test("the event that a deadline did not wait for is the next one, and none is lost", async () => {
  const gate = Promise.withResolvers<void>();
  async function* count(): AsyncGenerator<number, void, undefined> {
    yield 1;
    await gate.promise;
    yield 2;
    yield 3;
  }
  const events = new KeptEvents(count());
  const deadline = new AbortController();
  expect(await events.nextUntil(deadline.signal)).toEqual({ done: false, value: 1 });
  const cutShort = events.nextUntil(deadline.signal);
  deadline.abort();
  expect(await cutShort).toBeUndefined();
  expect(await events.nextUntil(deadline.signal)).toBeUndefined();
  gate.resolve();
  expect(await events.next()).toEqual({ done: false, value: 2 });
  expect(await events.nextUntil(new AbortController().signal)).toEqual({ done: false, value: 3 });
  expect(await events.next()).toEqual({ done: true, value: undefined });
});
