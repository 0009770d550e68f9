import { expect, test } from "vitest";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { loading, RulesOfObjects } from "./rules-of-objects.ts";
import type { Verdict } from "./verdict.ts";

function widget(rule: unknown, more: object = {}): KubernetesObject {
  const annotations = { "gitplane.dev/health": typeof rule === "string" ? rule : JSON.stringify(rule) };
  return { apiVersion: "example.org/v1", kind: "Widget", metadata: { name: "web", annotations }, ...more };
}

/** Rules whose language is loaded. */
async function open(nowMs = (): number => 0): Promise<RulesOfObjects> {
  const loaded = Promise.withResolvers<void>();
  const rules = new RulesOfObjects({ nowMs, onLoaded: loaded.resolve, onFailed: loaded.reject });
  expect(rules.judge("example.org/Widget", widget({ healthy: "true" }), own)).toBe(loading);
  await loaded.promise;
  return rules;
}

const own: Verdict = { health: "Progressing", reason: "its own" };
const phase = (text: string): object => ({ status: { phase: text } });
const rule = {
  healthy: "object.status.phase == 'Ready'",
  degraded: "object.status.phase == 'Broken'",
  suspended: "object.status.phase == 'Asleep'",
  reason: "'it is ' + object.status.phase",
};

test.each([
  { phase: "Ready", verdict: { health: "Healthy" } },
  { phase: "Broken", verdict: { health: "Degraded", reason: "it is Broken" } },
  { phase: "Asleep", verdict: { health: "Suspended", reason: "it is Asleep" } },
  { phase: "Starting", verdict: { health: "Progressing", reason: "it is Starting" } },
])("$phase is $verdict.health by its rule", async ({ phase: text, verdict }) => {
  const rules = await open();
  expect(rules.judge("example.org/Widget", widget(rule, phase(text)), own)).toEqual(verdict);
});

test("where no expression holds and none says what is healthy, the kind's own health stands", async () => {
  const rules = await open();
  const partial = { degraded: "object.status.phase == 'Broken'" };
  expect(rules.judge("example.org/Widget", widget(partial, phase("Fine")), own)).toBe(own);
});

test("what is neither true nor false is not true", async () => {
  const rules = await open();
  const odd = widget({ healthy: "object.status.phase" }, phase("Ready"));
  expect(rules.judge("example.org/Widget", odd, own)).toEqual(own);
});

test("an object without a rule needs no language", () => {
  const fail = (): void => expect.fail("it was loaded");
  const rules = new RulesOfObjects({ nowMs: () => 0, onLoaded: fail, onFailed: fail });
  expect(rules.judge("ConfigMap", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }, own)).toBe(own);
});

test.each([
  { what: "a field is not there", rule: { healthy: "object.status.nope == 1" }, reason: /fails: No such key: nope/ },
  { what: "it is no rule", rule: { healthy: 1 }, reason: /cannot be read/ },
  { what: "it is no JSON", rule: "{", reason: /cannot be read/ },
  { what: "it has a field that nobody knows", rule: { healty: "true" }, reason: /cannot be read/ },
  { what: "it cannot be read", rule: { healthy: "object.status.phase =" }, reason: /cannot be read: Unexpected/ },
  { what: "it is too long", rule: { healthy: "true", reason: "x".repeat(9000) }, reason: /is too long/ },
])("C34 when $what, the object alone is the worse for it", async ({ rule: bad, reason }) => {
  const rules = await open();
  const verdict = rules.judge("example.org/Widget", widget(bad, phase("Ready")), own);
  expect(verdict).toEqual({ health: "Unknown", reason: expect.stringMatching(reason) as string });
  expect(rules.judge("example.org/Widget", widget(rule, phase("Ready")), own)).toEqual({ health: "Healthy" });
});

test("C34 a rule that took long once is not evaluated again", async () => {
  let ms = 0;
  const rules = await open(() => (ms += 60));
  const ready = widget(rule, phase("Ready"));
  expect(rules.judge("example.org/Widget", ready, own)).toEqual({ health: "Healthy" });
  const reason = "its health rule took 60 ms once and is not used any more";
  expect(rules.judge("example.org/Widget", ready, own)).toEqual({ health: "Unknown", reason });
});

test("what runs once has not ended because a rule says so", async () => {
  const rules = await open();
  const job = (status: object): KubernetesObject => widget({ healthy: "true" }, { status });
  expect(rules.judge("batch/Job", job({}), own).health).toBe("Progressing");
  const complete = { conditions: [{ type: "Complete", status: "True" }] };
  expect(rules.judge("batch/Job", job(complete), own).health).toBe("Healthy");
});
