/** Publishing after history was lost: nothing without a person's word, and with it exactly that and once. */
import { compareText } from "../../schemas/compare.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openNativeRepository } from "../../git/native/open.ts";
import type { Oid, Person, Repository } from "../../git/repository.ts";
import { type PlaneId, planePath, planeRef, specsRef } from "../../schemas/layout.ts";
import { type Recovery, recoveryPath } from "../../schemas/recovery.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import { readTrailers, type StateTrailers } from "../../schemas/trailers.ts";
import { LiveSpecs } from "../engine/live-specs.ts";
import { PlaneBranches } from "./plane-branch.ts";
import { type PlaneResult, reconcile } from "../reconcile.ts";
import { service, surroundings } from "../specs-fixture.contract.ts";

const eu: PlaneId = { kind: "data", organization: "default", name: "eu" };
const ann: Person = { name: "Ann", mail: "ann@example.org" };

let folder: string;
let specs: Repository;
let state: Repository;
let seconds = 1_700_000_000;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "recover-"));
  specs = await openNativeRepository({ path: join(folder, "specs.git"), create: true });
  state = await openNativeRepository({ path: join(folder, "state.git"), create: true });
});
afterEach(async () => {
  await specs[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function commit(changes: Readonly<Record<string, string>>): Promise<Oid> {
  const parent = await specs.readRef(specsRef);
  const next = await specs.commit({
    parent,
    changes: new Map(Object.entries(changes).map(([path, text]) => [path, Buffer.from(text)])),
    message: "Change specs",
    author: ann,
    committer: ann,
    committedAtSeconds: seconds++,
  });
  await specs.push(specsRef, { expect: parent, next });
  return next;
}

const recover = async (recovery: Recovery, name = "0".repeat(32)): Promise<Oid> =>
  commit({ [recoveryPath(name)]: writeStateYaml(recovery) });

const image = (number: number) => ({ "cart.yaml": service("cart").join("---\n").replace("app:1", `app:${number}`) });

async function reconcileAll(machineCommits: "direct" | "off" = "off"): Promise<PlaneResult["publication"] | undefined> {
  const result = await reconcile({
    specs,
    live: new LiveSpecs(specs),
    branches: new PlaneBranches(() => Promise.resolve(state)),
    onPublished: () => {},
    settled: {},
    machineCommits,
    nowSeconds: () => seconds++,
    signal: new AbortController().signal,
  });
  expect(result?.problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return result?.planes[0]?.publication;
}

/** As an administrator or a restored backup does: no push of ours turns a branch back. */
function turn(repository: "specs" | "state", ref: string, to: Oid | undefined): void {
  const args = to === undefined ? ["update-ref", "-d", ref] : ["update-ref", ref, to];
  execFileSync("git", ["-C", join(folder, `${repository}.git`), ...args]);
}

async function tip(): Promise<{ readonly oid: Oid; readonly trailers: StateTrailers | undefined }> {
  const oid = (await state.readRef(planeRef(eu))) ?? "";
  return { oid, trailers: readTrailers((await state.readCommit(oid)).trailers) };
}

const header = { apiVersion: "openchoreo.dev/v1alpha1", kind: "Recovery" } as const;
const base = { "platform.yaml": surroundings.join("---\n"), ...image(1) };

/** Specs of which the second commit is published and then lost. */
async function loseSpecs(): Promise<{ readonly kept: Oid; readonly lost: Oid }> {
  const kept = await commit(base);
  const lost = await commit(image(2));
  await reconcileAll();
  turn("specs", specsRef, kept);
  return { kept, lost };
}

test("a rewritten specs branch publishes again once a Recovery names the lost commit, from then on by itself", async () => {
  const { lost } = await loseSpecs();
  await commit(image(3));
  expect(await reconcileAll()).toMatchObject({ kind: "refused" });
  const recovered = await recover({ ...header, from: "rewritten-specs", specsCommit: lost });
  expect(await reconcileAll()).toMatchObject({ kind: "published" });
  expect(await tip()).toMatchObject({
    trailers: { specsCommit: recovered, sequence: 2, specsAuthors: ["Ann <ann@example.org>"] },
  });
  expect(await reconcileAll()).toMatchObject({ kind: "unchanged" });
  await commit(image(4));
  expect(await reconcileAll()).toMatchObject({ kind: "published" });
});

test("nothing is committed to a rewritten specs branch while its planes are refused", async () => {
  await loseSpecs();
  const rewritten = await commit(image(3));
  expect(await reconcileAll("direct")).toMatchObject({ kind: "refused" });
  expect(await specs.readRef(specsRef)).toBe(rewritten);
});

test("a rewrite that renders to the same tree is recovered with a commit of its own", async () => {
  const { lost } = await loseSpecs();
  await commit(image(2));
  expect(await reconcileAll()).toMatchObject({ kind: "refused" });
  await recover({ ...header, from: "rewritten-specs", specsCommit: lost });
  expect(await reconcileAll()).toMatchObject({ kind: "published", written: [], removed: [] });
  expect(await reconcileAll()).toMatchObject({ kind: "unchanged" });
});

test("goes on from specs that the repository does not have at all", async () => {
  const { kept, lost } = await loseSpecs();
  await specs[Symbol.asyncDispose]();
  const other = join(folder, "other.git");
  execFileSync("git", ["clone", "--quiet", "--bare", join(folder, "specs.git"), other]);
  execFileSync("git", ["-C", other, "gc", "--quiet", "--prune=now"]);
  specs = await openNativeRepository({ path: other });
  await expect(specs.readCommit(lost)).rejects.toMatchObject({ code: "missing-object" });
  expect(await reconcileAll()).toMatchObject({ kind: "refused", reason: expect.stringContaining("does not have") });
  const recovered = await recover({ ...header, from: "rewritten-specs", specsCommit: lost });
  expect(await reconcileAll()).toMatchObject({ kind: "published" });
  expect(await tip()).toMatchObject({ trailers: { specsCommit: recovered, sequence: 2 } });
  expect(await specs.isAncestor(kept, recovered)).toBe(true);
});

test("a Recovery unlocks nothing but the commit that it names", async () => {
  const { kept } = await loseSpecs();
  await recover({ ...header, from: "rewritten-specs", specsCommit: kept });
  const before = await tip();
  expect(await reconcileAll()).toMatchObject({ kind: "refused" });
  expect(await tip()).toEqual(before);
});

test("a Recovery in a tenant's folder is none, and a broken one says so and unlocks nothing", async () => {
  const { lost } = await loseSpecs();
  const text = writeStateYaml({ ...header, from: "rewritten-specs", specsCommit: lost });
  await commit({
    "teams/shop/.gitplane/recoveries/00000000.yaml": text,
    "teams/shop/recovery.yaml": text,
    ".gitplane/recoveries/11111111.yaml": text.replace(lost, "latest"),
  });
  const result = await reconcile({
    specs,
    live: new LiveSpecs(specs),
    branches: new PlaneBranches(() => Promise.resolve(state)),
    onPublished: () => {},
    settled: {},
    machineCommits: "off",
    nowSeconds: () => seconds++,
    signal: new AbortController().signal,
  });
  expect(result?.planes[0]?.publication).toMatchObject({ kind: "refused" });
  expect(result?.problems.map(({ code, place }) => `${code} ${place.file}`)).toEqual([
    "schema .gitplane/recoveries/11111111.yaml",
    "foreign-document teams/shop/recovery.yaml",
  ]);
});

/** Three revisions of which an agent applied the last, and the first alone is left. */
async function restoreState(): Promise<{ readonly kept: Oid; readonly applied: Oid }> {
  await commit(base);
  await reconcileAll();
  const kept = (await tip()).oid;
  for (const number of [2, 3]) {
    await commit(image(number));
    await reconcileAll();
  }
  const applied = (await tip()).oid;
  turn("state", planeRef(eu), kept);
  return { kept, applied };
}

const us: PlaneId = { ...eu, name: "us" };

/** A person's word that the plane, whose agent had applied the third commit, goes on. */
const restored = (applied: Oid, plane = eu): Recovery => ({
  ...header,
  from: "restored-state",
  plane: planePath(plane),
  appliedRevision: applied,
  sequence: 3,
});

test("a restored state branch goes on above what was applied, names it, and does so once", async () => {
  const { applied } = await restoreState();
  const specsCommit = await recover(restored(applied));
  expect(await reconcileAll()).toMatchObject({ kind: "published" });
  expect((await tip()).trailers).toMatchObject({ specsCommit, sequence: 4, recovers: [applied] });
  expect(await reconcileAll()).toMatchObject({ kind: "unchanged" });
  await commit(image(5));
  expect(await reconcileAll()).toMatchObject({ kind: "published" });
  const { trailers } = await tip();
  expect({ sequence: trailers?.sequence, recovers: trailers?.recovers }).toEqual({ sequence: 5, recovers: undefined });
});

test("the tree may stay the same, and another plane's restoration is no concern", async () => {
  const { applied } = await restoreState();
  await reconcileAll();
  const before = await tip();
  await recover(restored(applied, us));
  expect(await reconcileAll()).toMatchObject({ kind: "unchanged" });
  await recover(restored(applied), "1".repeat(32));
  expect(await reconcileAll()).toMatchObject({ kind: "published", written: [], removed: [] });
  const { tree } = await state.readCommit((await tip()).oid);
  expect(tree).toBe((await state.readCommit(before.oid)).tree);
  expect((await tip()).trailers).toMatchObject({ sequence: 4, recovers: [applied] });
});

test("a branch that is gone altogether begins anew above what was applied", async () => {
  const { applied } = await restoreState();
  turn("state", planeRef(eu), undefined);
  await recover(restored(applied));
  expect(await reconcileAll()).toMatchObject({ kind: "published" });
  expect((await tip()).trailers).toMatchObject({ sequence: 4, recovers: [applied] });
});

test("what is in the branch's past after all needs no recovery", async () => {
  const { applied } = await restoreState();
  turn("state", planeRef(eu), applied);
  await recover(restored(applied));
  expect(await reconcileAll()).toMatchObject({ kind: "unchanged" });
});

test("three control planes carry out one recovery together once", async () => {
  const { applied } = await restoreState();
  await recover(restored(applied));
  const kinds = (await Promise.all([reconcileAll(), reconcileAll(), reconcileAll()])).map((one) => one?.kind);
  expect(kinds.map(String).toSorted(compareText)).toEqual(["published", "unchanged", "unchanged"]);
});
