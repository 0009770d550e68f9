import { expect, test } from "vitest";
import { Slots } from "./slots.ts";

const never = new AbortController().signal;

test("no more than so many at once, first come first served", async () => {
  const slots = new Slots(1);
  const order: string[] = [];
  const giveBack = await slots.take(never);
  const waiting = ["a", "b"].map(async (name) => {
    const done = await slots.take(never);
    order.push(name);
    done();
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  giveBack();
  await Promise.all(waiting);
  expect(order).toEqual(["a", "b"]);
});

test("who is told to stop leaves the line, and the slot goes to the next", async () => {
  const slots = new Slots(1);
  const giveBack = await slots.take(never);
  const controller = new AbortController();
  const reason = new Error("stopped");
  const first = slots.take(controller.signal);
  const second = slots.take(never);
  controller.abort(reason);
  await expect(first).rejects.toBe(reason);
  giveBack();
  (await second)();
  (await slots.take(never))();
});
