import { describe, expect, it } from "vitest";
import { FairShare } from "./fair-share.ts";

const never = new AbortController().signal;
const limits = { total: 2, perKey: 1, queued: 2, queueMs: 60_000 };

describe("FairShare", () => {
  it("passes over a key that has all it may have, and serves first come first", async () => {
    const share = new FairShare(limits);
    const a = await share.take("a", never);
    const order: string[] = [];
    const second = share.take("a", never).then((slot) => (order.push("a"), slot));
    const b = await share.take("b", never);
    const third = share.take("c", never).then((slot) => (order.push("c"), slot));
    b?.[Symbol.dispose]();
    await third;
    a?.[Symbol.dispose]();
    await second;
    expect(order).toEqual(["c", "a"]);
  });

  it("refuses beyond the queue, when the wait is too long, and when aborted", async () => {
    const share = new FairShare({ total: 1, perKey: 1, queued: 1, queueMs: 1 });
    await share.take("a", never);
    const waiting = share.take("b", never);
    expect(await share.take("c", never)).toBeUndefined();
    expect(await waiting).toBeUndefined();
    expect(await share.take("d", AbortSignal.abort())).toBeUndefined();
    const stop = new AbortController();
    const patient = new FairShare({ ...limits, total: 1 });
    await patient.take("a", never);
    const stopped = patient.take("b", stop.signal);
    stop.abort();
    expect(await stopped).toBeUndefined();
  });

  it("gives a slot back once, however often it is disposed", async () => {
    const share = new FairShare({ ...limits, total: 1, queued: 0 });
    const slot = await share.take("a", never);
    slot?.[Symbol.dispose]();
    slot?.[Symbol.dispose]();
    expect(await share.take("b", never)).toBeDefined();
    expect(await share.take("c", never)).toBeUndefined();
  });
});
