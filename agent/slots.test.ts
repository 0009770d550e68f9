import { expect, test } from "vitest";
import { Slots } from "./slots.ts";

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
