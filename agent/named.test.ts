import { expect, test } from "vitest";
import { objectId, objectKey } from "../schemas/object-id.ts";
import { Named } from "./named.ts";
import { renderManifest } from "./plane-branch.ts";
import type { ApplyStep } from "./step.ts";
import { testPlane } from "./testbed.ts";

const path = "platform/base.yaml";

function stepOf(name: string, after: readonly string[] = []): ApplyStep {
  const object = renderManifest(testPlane, path, { kind: "ConfigMap", name, namespace: "dev" });
  const key = objectKey(object);
  return { action: "create", id: objectId(key), key, path, object, reason: "new", after };
}

const first = stepOf("first");
const second = stepOf("second", [first.id]);

test("who waits for an object is told what became of it", async () => {
  const named = new Named([first, second]);
  const waiting = named.wait(first.id, new AbortController().signal);
  named.settle({ step: first, outcome: "created" });
  expect(await waiting).toEqual({ step: first, outcome: "created" });
});

test("who waits for an object is let go when the agent stops", async () => {
  const named = new Named([first, second]);
  const stop = new AbortController();
  const waiting = named.wait(first.id, stop.signal);
  stop.abort(new Error("told to stop"));
  await expect(waiting).rejects.toThrow("told to stop");
  await expect(named.wait(first.id, stop.signal)).rejects.toThrow("told to stop");
});

test("what no step is about stands already", async () => {
  expect(await new Named([second]).wait(first.id, new AbortController().signal)).toBeUndefined();
});
