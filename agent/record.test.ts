import { expect, test } from "vitest";
import { emptyRecord } from "../schemas/applied-record.ts";
import { MemoryTarget } from "./memory-target.ts";
import { narrowRecord, RecordKeeper } from "./record.ts";
import { testPlane } from "./testbed.ts";

const { signal } = new AbortController();
const job = "batch/Job/dev/migrate";
const complete = { uid: "u1", result: "Complete" };
const completion = { revision: "a".repeat(40), sequence: 1, exceptions: {} };

function open(target = new MemoryTarget({ plane: testPlane })) {
  return { target, keeper: new RecordKeeper(target, async () => undefined) };
}

async function written(target: MemoryTarget): Promise<unknown> {
  const found = await target.readRecord({ signal });
  return found.kind === "found" ? found.record.finished : found.kind;
}

test("what has ended is written once, without a round", async () => {
  const { target, keeper } = open();
  expect(keeper.note(job, complete)).toBe(true);
  expect(keeper.note(job, { ...complete })).toBe(false);
  expect(keeper.finishedOf(job)).toEqual(complete);
  expect(await keeper.flush(signal)).toMatchObject({ kind: "written" });
  expect(await written(target)).toEqual({ [job]: complete });
  expect(await keeper.flush(signal)).toBeUndefined();
});

test("a round that began before it ended does not take it away again", async () => {
  const { target, keeper } = open();
  const loaded = await keeper.load(signal);
  if (loaded.kind === "failed") throw new Error(loaded.reason);
  keeper.note(job, complete);
  await keeper.write(narrowRecord(loaded.record, completion), signal);
  expect(await written(target)).toEqual({ [job]: complete });
  expect(await keeper.flush(signal)).toBeUndefined();
});

test("what could not be written is written later, and the next round knows that it read the record anew", async () => {
  const { target, keeper } = open();
  const first = await keeper.load(signal);
  expect(first).toMatchObject({ isFresh: true });
  keeper.note(job, complete);
  target.fail({ operation: "writeRecord", failure: { kind: "failed", class: "transient", reason: "503" } });
  expect(await keeper.flush(signal)).toMatchObject({ kind: "failed" });
  expect(await keeper.flush(signal)).toMatchObject({ kind: "written" });
  expect(await keeper.load(signal)).toMatchObject({ isFresh: true, record: { finished: { [job]: complete } } });
  expect(await keeper.load(signal)).toMatchObject({ isFresh: false });
});

test("the next process knows what has ended; in a rebuilt cluster nothing has", async () => {
  const { target, keeper } = open();
  keeper.note(job, complete);
  await keeper.flush(signal);
  const next = open(target).keeper;
  expect(await next.load(signal)).toMatchObject({ record: { finished: { [job]: complete } } });
  expect(next.finishedOf(job)).toEqual(complete);
  const rebuilt = new MemoryTarget({ plane: testPlane, uid: "rebuilt" });
  await rebuilt.writeRecord(
    { ...emptyRecord("memory-cluster"), finished: { [job]: complete } },
    { signal, version: undefined },
  );
  const { keeper: other } = open(rebuilt);
  expect(await other.load(signal)).toMatchObject({ record: { finished: {} } });
});

test("the record stays small however many have ended, and keeps the newest", async () => {
  const { keeper } = open();
  for (let index = 0; index < 2100; index += 1) keeper.note(`batch/Job/dev/j${index}`, complete);
  expect(keeper.finishedOf("batch/Job/dev/j0")).toBeUndefined();
  expect(keeper.finishedOf("batch/Job/dev/j2099")).toEqual(complete);
  expect(await keeper.flush(signal)).toMatchObject({ kind: "written" });
  expect(await keeper.flush(signal)).toBeUndefined();
});
