import { expect, test } from "vitest";
import { Bell } from "./bell.ts";

const never = new AbortController().signal;

test("a ring before the wait is kept, and many are one", async () => {
  const bell = new Bell();
  bell.ring();
  bell.ring();
  expect(await bell.wait(60_000, never)).toBe(true);
  expect(await bell.wait(1, never)).toBe(false);
});

test("a ring during the wait ends it", async () => {
  const bell = new Bell();
  const waiting = bell.wait(60_000, never);
  bell.ring();
  expect(await waiting).toBe(true);
});

test("an abort ends the wait, before and during it", async () => {
  const bell = new Bell();
  expect(await bell.wait(60_000, AbortSignal.abort())).toBe(false);
  const controller = new AbortController();
  const waiting = bell.wait(60_000, controller.signal);
  controller.abort();
  expect(await waiting).toBe(false);
});
