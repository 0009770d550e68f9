import { describe, expect, it } from "vitest";
import { Slots } from "./slots.ts";

const never = new AbortController().signal;
const limits = { total: 2, perKey: 1, queued: 2, queueMs: 60_000 };

describe("Slots", () => {
  it("passes over a key that has all it may have, and serves first come first", async () => {
    const slots = new Slots(limits);
    const a = await slots.take("a", never);
    const order: string[] = [];
    const second = slots.take("a", never).then((slot) => (order.push("a"), slot));
    const b = await slots.take("b", never);
    const third = slots.take("c", never).then((slot) => (order.push("c"), slot));
    b?.[Symbol.dispose]();
    await third;
    a?.[Symbol.dispose]();
    await second;
    expect(order).toEqual(["c", "a"]);
  });

  it("refuses beyond the queue, when the wait is too long, and when aborted", async () => {
    const slots = new Slots({ total: 1, perKey: 1, queued: 1, queueMs: 1 });
    await slots.take("a", never);
    const waiting = slots.take("b", never);
    expect(await slots.take("c", never)).toBeUndefined();
    expect(await waiting).toBeUndefined();
    expect(await slots.take("d", AbortSignal.abort())).toBeUndefined();
    const stop = new AbortController();
    const patient = new Slots({ ...limits, total: 1 });
    await patient.take("a", never);
    const stopped = patient.take("b", stop.signal);
    stop.abort();
    expect(await stopped).toBeUndefined();
  });

  it("gives a slot back once, however often it is disposed", async () => {
    const slots = new Slots({ ...limits, total: 1, queued: 0 });
    const slot = await slots.take("a", never);
    slot?.[Symbol.dispose]();
    slot?.[Symbol.dispose]();
    expect(await slots.take("b", never)).toBeDefined();
    expect(await slots.take("c", never)).toBeUndefined();
  });
});
