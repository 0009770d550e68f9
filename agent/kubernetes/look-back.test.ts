import { beforeEach, expect, test } from "vitest";
import type { Failure } from "../target.ts";
import type { Answered, ApiRequest } from "./connection.ts";
import { LookBack } from "./look-back.ts";
import type { ServedResource } from "./parse-discovery.ts";
import type { RecordWatch } from "./record-watch.ts";

const pods: ServedResource = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true, isKept: true };
const never = new AbortController().signal;

let nowMs = 0;
let asked: { readonly path: string; readonly answer: (answer: Answered | Failure) => void }[] = [];
let standing: Awaited<ReturnType<RecordWatch["look"]>>;
let lookBack: LookBack;
beforeEach(() => {
  nowMs = 10_000;
  asked = [];
  const send = async ({ path, signal }: ApiRequest): Promise<Answered | Failure> =>
    new Promise((resolve, reject) => {
      asked.push({ path, answer: resolve });
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const open = (): never => {
    throw new Error("nothing is streamed");
  };
  standing = { kind: "untold" };
  const look = async (): Promise<typeof standing> => Promise.resolve(standing);
  lookBack = new LookBack({ send, open }, { look }, () => nowMs);
});

const ask = (sinceMs = nowMs, signal = never) => lookBack.readHistory(pods, { sinceMs, signal });
const list = (resourceVersion: string, status = 200): Answered => ({
  kind: "answered",
  status,
  headers: {},
  body: { metadata: { resourceVersion } },
});
const told = (resourceVersion: string) => ({ kind: "told", resourceVersion });
const untilAsked = async (count: number): Promise<void> => {
  while (asked.length < count) await new Promise((resolve) => setImmediate(resolve));
};

test("nobody is asked where the watch of the record told it", async () => {
  standing = { kind: "told", resourceVersion: "71", record: undefined };
  expect(await ask()).toMatchObject(told("71"));
  expect(asked).toEqual([]);
});

test.each<typeof standing>([{ kind: "untold" }, { kind: "failed", class: "transient", reason: "it broke" }])(
  "one answer does for all who ask together, and for who comes a little later, where that watch is $kind",
  async (said) => {
    standing = said;
    const both = [ask(), ask()];
    await untilAsked(1);
    asked[0]?.answer(list("7"));
    expect(await Promise.all(both)).toEqual([told("7"), told("7")]);
    nowMs += 2999;
    expect(await ask(10_000)).toEqual(told("7"));
    expect(asked.map(({ path }) => path)).toEqual(["/api/v1/pods?limit=1"]);
  },
);

test.each([
  ["whose watch broke after it was asked", 10_001, 0],
  ["who comes when the server may have been restored meanwhile", 10_000, 3001],
])("an answer does not do for one %s", async (_who, sinceMs, laterMs) => {
  const first = ask();
  await untilAsked(1);
  asked[0]?.answer(list("7"));
  await first;
  nowMs += laterMs;
  void ask(sinceMs);
  await untilAsked(2);
});

test.each<[string, Answered | Failure]>([
  ["failure", { kind: "failed", class: "transient", reason: "no answer" }],
  ["refusal", list("7", 503)],
])("a %s is asked again", async (_what, answer) => {
  const first = ask();
  await untilAsked(1);
  asked[0]?.answer(answer);
  expect(await first).toEqual(answer);
  void ask();
  await untilAsked(2);
});

test("what one asked and gave up is asked by the other", async () => {
  const leaving = new AbortController();
  const [first, second] = [ask(nowMs, leaving.signal), ask()];
  await untilAsked(1);
  leaving.abort(new Error("told to stop"));
  await expect(first).rejects.toThrow("told to stop");
  await untilAsked(2);
  asked[1]?.answer(list("7"));
  expect(await second).toEqual(told("7"));
});
