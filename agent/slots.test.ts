import { expect, test } from "vitest";
import { type Line, Slots } from "./slots.ts";

test("no more than so many run at once, in the order in which they came", async () => {
  const slots = new Slots(2);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const results = await slots.map([1, 2, 3, 4, 5], async (item) => {
    running += 1;
    most = Math.max(most, running);
    begun.push(item);
    await Promise.resolve();
    running -= 1;
    return item * 2;
  });
  expect(results).toEqual([2, 4, 6, 8, 10]);
  expect(begun).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test("a failure is thrown after all that started have ended, and frees its slot", async () => {
  const slots = new Slots(1);
  const ended: number[] = [];
  const work = slots.map([1, 2, 3], async (item) => {
    await Promise.resolve();
    ended.push(item);
    if (item === 1) throw new Error("first");
  });
  await expect(work).rejects.toThrow("first");
  expect(ended).toEqual([1, 2, 3]);
  expect(await slots.run(async () => await Promise.resolve("free"))).toBe("free");
});

const never = new AbortController().signal;

test("slots are taken first come first served", async () => {
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

test("who asks ahead of the line comes before all who wait in it, and those in their order", async () => {
  const slots = new Slots(1);
  const order: string[] = [];
  const run = (line: Line, name: string): Promise<unknown> =>
    line.run(async () => {
      order.push(name);
      await Promise.resolve();
    });
  const giveBack = await slots.take(never);
  const all = [run(slots, "a"), run(slots, "b"), run(slots.ahead, "c"), run(slots.ahead, "d")];
  giveBack();
  await Promise.all(all);
  expect(order).toEqual(["c", "d", "a", "b"]);
  expect(slots.taken).toBe(0);
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
