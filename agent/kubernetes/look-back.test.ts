import { beforeEach, expect, test } from "vitest";
import type { Failure } from "../target.ts";
import type { Answered, ApiRequest } from "./connection.ts";
import { LookBack } from "./look-back.ts";
import type { ServedResource } from "./parse-discovery.ts";

const pods: ServedResource = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true, isKept: true };
const never = new AbortController().signal;

let nowMs = 0;
let asked: { readonly path: string; readonly answer: (answer: Answered | Failure) => void }[] = [];
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
  lookBack = new LookBack({ send, open }, () => nowMs);
});

const ask = (sinceMs = nowMs, signal = never) => lookBack.list(pods, { sinceMs, signal });
const told = (status = 200): Answered => ({ kind: "answered", status, headers: {}, body: { status } });

test("one answer does for all who ask together, and for who comes a little later", async () => {
  const both = [ask(), ask()];
  asked[0]?.answer(told());
  expect(await Promise.all(both)).toEqual([told(), told()]);
  nowMs += 2999;
  expect(await ask(10_000)).toEqual(told());
  expect(asked.map(({ path }) => path)).toEqual(["/api/v1/pods?limit=1"]);
});

test.each([
  ["whose watch broke after it was asked", 10_001, 0],
  ["who comes when the server may have been restored meanwhile", 10_000, 3001],
])("an answer does not do for one %s", async (_who, sinceMs, laterMs) => {
  const first = ask();
  asked[0]?.answer(told());
  await first;
  nowMs += laterMs;
  void ask(sinceMs);
  expect(asked).toHaveLength(2);
});

test.each<[string, Answered | Failure]>([
  ["failure", { kind: "failed", class: "transient", reason: "no answer" }],
  ["refusal", told(503)],
])("a %s is asked again", async (_what, answer) => {
  const first = ask();
  asked[0]?.answer(answer);
  expect(await first).toEqual(answer);
  void ask();
  expect(asked).toHaveLength(2);
});

test("what one asked and gave up is asked by the other", async () => {
  const leaving = new AbortController();
  const [first, second] = [ask(nowMs, leaving.signal), ask()];
  leaving.abort(new Error("told to stop"));
  await expect(first).rejects.toThrow("told to stop");
  while (asked.length < 2) await Promise.resolve();
  asked[1]?.answer(told());
  expect(await second).toEqual(told());
});
