import { expect, test, vi } from "vitest";
import { Disputes, disputePauseMs } from "./disputes.ts";
import { Turns } from "./turns.ts";

test("a round keeps its Releases, and others only until it knows which they are", async () => {
  const onOpen = vi.fn();
  const turns = new Turns(onOpen);
  const work = vi.fn(async () => undefined);
  turns.close();
  expect(await turns.take("a", work)).toBe(false);
  await turns.claim(["a"]);
  expect(onOpen).toHaveBeenCalledTimes(1);
  expect(await turns.take("a", work)).toBe(false);
  expect(await turns.take("b", work)).toBe(true);
  turns.open();
  expect(onOpen).toHaveBeenCalledTimes(2);
  expect(await turns.take("a", work)).toBe(true);
  expect(work).toHaveBeenCalledTimes(2);
});

test("a round waits for who is at work on its Releases, and for nobody else", async () => {
  const turns = new Turns(() => undefined);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const working = [
    turns.take("a", () => first.promise),
    turns.take("a", () => second.promise),
    turns.take("b", () => new Promise(() => undefined)),
  ];
  turns.close();
  let isClaimed = false;
  const claimed = turns.claim(["a"]).then(() => (isClaimed = true));
  first.resolve();
  await working[0];
  expect(isClaimed).toBe(false);
  second.resolve();
  await claimed;
  expect(isClaimed).toBe(true);
});

test("a disputed field waits for its minute, and no other field does", () => {
  let nowMs = 0;
  const disputes = new Disputes(() => nowMs);
  expect(disputes.pauseOf("ConfigMap/a", ["data", "x"])).toBe(0);
  disputes.note("ConfigMap/a", ["data", "x"]);
  nowMs = 20_000;
  expect(disputes.pauseOf("ConfigMap/a", ["data", "x"])).toBe(disputePauseMs - 20_000);
  expect(disputes.pauseOf("ConfigMap/a", ["data", "y"])).toBe(0);
  expect(disputes.pauseOf("ConfigMap/b", ["data", "x"])).toBe(0);
  nowMs = disputePauseMs;
  expect(disputes.pauseOf("ConfigMap/a", ["data", "x"])).toBe(0);
});
