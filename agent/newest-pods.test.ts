import { expect, test } from "vitest";
import { type NewestPod, noteNewest } from "./newest-pods.ts";

const pod = (minute: number, revision: string): NewestPod => ({ createdAt: `2026-01-01T00:0${minute}:00Z`, revision });

test("the newest pod of an owner is kept, whatever order they come in", () => {
  const newest = new Map<string, NewestPod>();
  for (const each of [pod(1, "a"), pod(3, "c"), pod(2, "b")]) noteNewest(newest, "web", each);
  expect([...newest]).toEqual([["web", pod(3, "c")]]);
});

test("owners that nobody hears of any more are forgotten before others", () => {
  const newest = new Map<string, NewestPod>();
  for (let job = 0; job < 5000; job += 1) {
    noteNewest(newest, `job-${job}`, pod(1, "a"));
    noteNewest(newest, "web", pod(2, "b"));
  }
  expect(newest.size).toBe(2000);
  expect(newest.has("web")).toBe(true);
  expect(newest.has("job-4999")).toBe(true);
  expect(newest.has("job-0")).toBe(false);
});
