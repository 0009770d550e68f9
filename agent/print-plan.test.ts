import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { NativeRepository } from "../git/native/open.ts";
import type { Ceiling } from "../schemas/ceiling.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { MemoryTarget } from "./memory-target.ts";
import { PlaneBranch } from "./plane-branch.ts";
import { printPlan } from "./print-plan.ts";
import { openTestRepository, reconcileTip, startAgent, testPlane } from "./testbed.ts";

const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const namespace = { kind: "Namespace", name: "dev" };
const claim = { kind: "PersistentVolumeClaim", name: "data", namespace: "dev" };
const configMap = (value: string) => ({ kind: "ConfigMap", name: "a", namespace: "dev", body: { data: { value } } });

let repository: NativeRepository;
let cleanup: AsyncDisposable;
let branch: PlaneBranch;
let target: MemoryTarget;
beforeEach(async () => {
  const opened = await openTestRepository();
  cleanup = opened;
  repository = opened.repository;
  branch = new PlaneBranch(repository, testPlane);
  target = new MemoryTarget({ plane: testPlane });
});
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
});

async function print(exitCode: boolean, ceiling?: Ceiling): Promise<readonly [code: number, text: string]> {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      written.push(String(chunk));
      done();
    },
  });
  const agent = startAgent({ repository, target, ...(ceiling === undefined ? {} : { ceiling }) });
  const code = await printPlan(agent, { format: "table", exitCode }, stream);
  return [code, written.join("")];
}

test("shows what is pending and writes nothing", async () => {
  await branch.publish({ [cellPath]: [namespace], [webPath]: [configMap("1"), claim] });
  expect(await print(false)).toEqual([
    0,
    [
      "ACTION  OBJECT                          RELEASE                     REASON",
      "create  Namespace/dev                   cells/shop/dev.yaml         new",
      "create  ConfigMap/dev/a                 releases/shop/dev/web.yaml  new",
      "create  PersistentVolumeClaim/dev/data  releases/shop/dev/web.yaml  new",
      "",
    ].join("\n"),
  ]);
  expect(await print(true)).toEqual([1, expect.any(String)]);
  expect(target.listIds()).toEqual(["Namespace/default", "Namespace/kube-system"]);
  expect((await target.readRecord({ signal: new AbortController().signal })).kind).toBe("absent");
});

test("shows what would be handed to another plane", async () => {
  const handed = { decision: "handed", handedTo: "data/acme/west", clusterUid: "u", receipts: "a".repeat(40) };
  const admissions = writeStateYaml({ format: 1, paths: { [cellPath]: handed } });
  await branch.publish({ [cellPath]: [namespace], "admissions.yaml": admissions });
  expect(await print(true)).toEqual([
    1,
    [
      "ACTION  OBJECT         RELEASE              REASON",
      "hand    Namespace/dev  cells/shop/dev.yaml  the tree hands its Release to data/acme/west",
      "",
    ].join("\n"),
  ]);
});

test("answers 0 when all is as it should be, 4 when only a person's word is missing, 3 for an invalid file", async () => {
  await branch.publish({ [cellPath]: [namespace], [webPath]: [configMap("1"), claim] });
  await reconcileTip(startAgent({ repository, target }));
  expect((await print(true))[0]).toBe(0);
  await branch.publish({ [cellPath]: [namespace], [webPath]: [configMap("1")] });
  expect(await print(true)).toEqual([
    4,
    expect.stringMatching(/^held +PersistentVolumeClaim\/dev\/data .*to approve: gitplane approve [0-9a-f]{12}$/m),
  ]);
  await branch.publish({ [cellPath]: [namespace], [webPath]: "kind: [" });
  expect((await print(false))[0]).toBe(3);
});

test("a refused revision ends with the code for what cannot be trusted", async () => {
  await branch.publish({ "notes.txt": "x" });
  await expect(print(false)).rejects.toMatchObject({ exitCode: 8 });
});

const withoutClaims: Ceiling = { format: 1, namespaces: ["*"], kinds: ["ConfigMap"], clusterKinds: ["*"] };
const beyond = [
  "ACTION  OBJECT  RELEASE                     REASON",
  "failed  -       releases/shop/dev/web.yaml  releases/shop/dev/web.yaml: PersistentVolumeClaim/dev/data is beyond the agent's ceiling: its kind is not among the kinds",
  "",
].join("\n");

test("shows what is beyond the ceiling although nothing has changed since it was refused", async () => {
  await branch.publish({ [cellPath]: [namespace], [webPath]: [configMap("1"), claim] });
  await reconcileTip(startAgent({ repository, target, ceiling: withoutClaims }));
  expect(await print(true, withoutClaims)).toEqual([3, beyond]);
});

test("shows what a narrower ceiling is short of although it was applied and nothing has changed", async () => {
  await branch.publish({ [cellPath]: [namespace], [webPath]: [configMap("1"), claim] });
  await reconcileTip(startAgent({ repository, target }));
  expect(await print(true, withoutClaims)).toEqual([3, beyond]);
  expect((await print(true))[0]).toBe(0);
});

test("shows what is held, and what waits for something that nobody has, also when they are all there is", async () => {
  await branch.publish({ [cellPath]: [namespace], [webPath]: [configMap("1"), claim] });
  await reconcileTip(startAgent({ repository, target }));
  const lost = { ...configMap("2"), annotations: { "gitplane.dev/after": "ConfigMap/dev/nobody" } };
  await branch.publish({ [cellPath]: [namespace], [webPath]: [lost] });
  await reconcileTip(startAgent({ repository, target }));
  const [, text] = await print(false);
  expect(text.split("\n").map((line) => line.replace(/ {2,}/g, " | "))).toEqual([
    "ACTION | OBJECT | RELEASE | REASON",
    "failed | ConfigMap/dev/a | releases/shop/dev/web.yaml | waits for ConfigMap/dev/nobody, which no Release of the plane holds",
    expect.stringMatching(/^held \| PersistentVolumeClaim\/dev\/data .*to approve: gitplane approve [0-9a-f]{12}$/),
    "",
  ]);
});
