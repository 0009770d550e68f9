import { expect, test } from "vitest";

import { poll } from "./poll.ts";

const { signal } = new AbortController();

test("returns the first answer", async () => {
  let calls = 0;
  const probe = async () => {
    calls += 1;
    return calls < 3 ? undefined : "there";
  };
  expect(await poll({ what: "it", timeoutMs: 10_000, signal, probe })).toBe("there");
});

test("says what took too long", async () => {
  const never = poll({ what: "it", timeoutMs: 30, signal, probe: async () => undefined });
  await expect(never).rejects.toMatchObject({ code: "timeout", message: "it took longer than 0.03 s" });
});

test("an abort is the caller's reason, even when the probe fails of it", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const probe = async (either: AbortSignal) => {
    stop.abort(reason);
    either.throwIfAborted();
    return undefined;
  };
  await expect(poll({ what: "it", timeoutMs: 10_000, signal: stop.signal, probe })).rejects.toBe(reason);
});
