import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { smallFleet } from "../fleet/fleet-fixture.contract.ts";
import { FleetCache } from "./fleet-cache.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleets-"));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const tips = { specs: new Map([["refs/heads/main", "a".repeat(40)]]), state: new Map([["refs/heads/x", undefined]]) };
const facts = { images: [["b".repeat(40), ["a:1"]]], receipts: [] } as const;
const own = (): string => join(folder, "one");

async function written(program = "1"): Promise<FleetCache> {
  const cache = new FleetCache(own(), program);
  await cache.write({ ...tips, fleet: smallFleet() }, facts);
  return cache;
}

test("gives back what was written, tips without a commit included", async () => {
  const cache = await written();
  expect(await cache.readFleet()).toEqual({ ...tips, fleet: smallFleet(), asOf: expect.any(Date) as Date });
  expect(await cache.readFacts()).toEqual(facts);
});

test("is nobody else's to read", async () => {
  await written();
  expect((await stat(join(own(), "fleet.json"))).mode & 0o777).toBe(0o600);
  expect((await stat(own())).mode & 0o777).toBe(0o700);
});

test.for([
  ["another program", async () => new FleetCache(own(), "2")],
  [
    "a file that was cut short",
    async (cache: FleetCache) => (await writeFile(join(own(), "fleet.json"), '{"format":1,"pro'), cache),
  ],
  ["a file of something else", async (cache: FleetCache) => (await writeFile(join(own(), "fleet.json"), "[]"), cache)],
  [
    "a folder in its place",
    async (cache: FleetCache) => (await rm(join(own(), "fleet.json")), await mkdir(join(own(), "fleet.json")), cache),
  ],
] as const)("counts for nothing with %s", async ([, spoil]) => {
  const cache = await spoil(await written());
  expect(await cache.readFleet()).toBeUndefined();
});

test("an answer counts only at the tips that it was given at", async () => {
  const cache = await written();
  await cache.writeAnswer(["describe", "cart"], tips, { a: 1 });
  const moved = { ...tips, specs: new Map([["refs/heads/main", "d".repeat(40)]]) };
  expect([
    await cache.readAnswer(["describe", "cart"], tips),
    await cache.readAnswer(["describe", "web"], tips),
    await cache.readAnswer(["describe", "cart"], moved),
  ]).toEqual([expect.objectContaining({ answer: { a: 1 } }), undefined, undefined]);
});

test("keeps few fleets and few answers, the latest, and no half file", async () => {
  const cache = await written();
  for (let n = 0; n < 130; n += 1) await cache.writeAnswer([n], tips, n);
  expect((await readdir(own())).length).toBe(102);
  expect(await cache.readAnswer([129], tips)).toMatchObject({ answer: 129 });
  await utimes(join(own(), "fleet.json"), 1, 1);
  for (let n = 0; n < 16; n += 1)
    await new FleetCache(join(folder, `other-${n}`), "1").write({ ...tips, fleet: smallFleet() }, facts);
  expect((await readdir(folder)).toSorted()).toEqual(Array.from({ length: 16 }, (_, n) => `other-${n}`).toSorted());
});
