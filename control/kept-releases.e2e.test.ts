/** What one loop knows of Releases and the next one goes on from: time, and nothing else. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openNativeRepository } from "../git/native/open.ts";
import { planeRef, specsRef } from "../schemas/layout.ts";
import { LiveSpecs } from "./engine/live-specs.ts";
import { MemoryFile } from "./engine/memory-file.ts";
import type { RememberedRelease } from "./engine/release-memory.ts";
import { commitSpecs, eu, type HostFixture, openHostFixture } from "./host/host-fixture.contract.ts";
import type { Host } from "./host/start-host.ts";
import { hour, startLoop } from "./loop-fixture.contract.ts";
import { service, surroundings } from "./specs-fixture.contract.ts";

/** A host with the specs of two components, and the file in which its loops keep what they know. */
async function openKept() {
  const fixture = await openHostFixture();
  await commitSpecs(fixture.host, {
    "platform.yaml": surroundings.join("---\n"),
    "cart.yaml": service("cart").join("---\n"),
    "till.yaml": service("till").join("---\n"),
  });
  return { fixture, memoryFile: new MemoryFile(join(fixture.folder, "known-releases"), "program") };
}

async function tipOf({ host }: HostFixture): Promise<string | undefined> {
  const { path } = await host.ensurePlaneRepository(eu);
  await using repository = await openNativeRepository({ path });
  return repository.readRef(planeRef(eu));
}

/** Runs a loop until it says this, and ends it. */
async function runUntil(wanted: string, { fixture, memoryFile }: Awaited<ReturnType<typeof openKept>>) {
  const loop = startLoop(fixture.host, hour, { memoryFile });
  await loop.says(wanted);
  await loop.stop();
  const lines = loop.lines.map((line) => JSON.parse(line) as Record<string, unknown>); // our own log
  return { lines, announced: loop.announced };
}

test("a loop that starts again renders nothing that is known, says so, and publishes nothing new", async () => {
  const kept = await openKept();
  await using fixture = kept.fixture;
  await runUntil("the first round is done", kept);
  const tip = await tipOf(fixture);
  const again = await runUntil("the first round is done", kept);
  expect(again.lines).toMatchObject([
    { message: "the first round is done", counts: { rendered: 0, recalled: 2, filesWritten: 0 } },
  ]);
  expect(again.announced).toEqual([]);
  expect(await tipOf(fixture)).toBe(tip);
  await commitSpecs(fixture.host, { "cart.yaml": service("cart").join("---\n").replace("app:1", "app:2") });
  const changed = await runUntil("the first round is done", kept);
  expect(changed.lines).toMatchObject([
    { message: "published", written: ["releases/shop/dev/cart.yaml"], counts: { rendered: 1, recalled: 1 } },
    { message: "the first round is done" },
  ]);
});

test("a damaged file is told of once, renders everything, publishes nothing new, and is replaced", async () => {
  const kept = await openKept();
  await using fixture = kept.fixture;
  await runUntil("the first round is done", kept);
  const tip = await tipOf(fixture);
  await writeFile(kept.memoryFile.path, "damaged");
  const again = await runUntil("the first round is done", kept);
  expect(again.lines).toMatchObject([
    { message: "what is kept of earlier Releases is not used; everything is rendered", reason: "it is damaged" },
    { message: "the first round is done", counts: { rendered: 2, recalled: 0, filesWritten: 0 } },
  ]);
  expect(await tipOf(fixture)).toBe(tip);
  expect(await kept.memoryFile.read()).toMatchObject({ kind: "found", releases: 2 });
});

/** What the next loop would know of the Releases of the specs as they stand. */
async function rememberHead(host: Host): Promise<readonly (readonly [string, RememberedRelease])[]> {
  await using specs = await openNativeRepository({ path: host.specs.path });
  const live = new LiveSpecs(specs);
  await live.move((await specs.readRef(specsRef)) ?? "");
  return live.remembered();
}

test("C04 whoever writes the file has nothing published that the specs do not say", async () => {
  const kept = await openKept();
  await using fixture = kept.fixture;
  await runUntil("the first round is done", kept);
  const tip = await tipOf(fixture);
  const foreign = (await rememberHead(fixture.host)).map(
    ([path, { print }]) =>
      [path, { print, blob: { ids: new Map([["sha1", "0".repeat(40)]] as const), isProven: true } }] as const,
  );
  await kept.memoryFile.write(foreign);
  await runUntil("the first round is done", kept);
  expect(await tipOf(fixture)).toBe(tip);
});

test("whoever writes the file holds nothing back for longer than the proof takes", async () => {
  const kept = await openKept();
  await using fixture = kept.fixture;
  await runUntil("the first round is done", kept);
  const old = await rememberHead(fixture.host);
  const tip = await tipOf(fixture);
  await commitSpecs(fixture.host, { "cart.yaml": service("cart").join("---\n").replace("app:1", "app:2") });
  const wanted = await rememberHead(fixture.host);
  const stale = wanted.map(([path, { print }]) => [path, { print, blob: new Map(old).get(path)?.blob }] as const);
  await kept.memoryFile.write(
    stale.flatMap(([path, { print, blob }]) => (blob === undefined ? [] : [[path, { print, blob }]])),
  );
  const { lines } = await runUntil("releases/shop/dev/cart.yaml", kept);
  expect(lines).toMatchObject([
    { message: "the first round is done", counts: { recalled: 2, filesWritten: 0 } },
    { message: "what was kept of earlier Releases was wrong; everything is rendered" },
    { message: "published", written: ["releases/shop/dev/cart.yaml"] },
  ]);
  expect(await tipOf(fixture)).not.toBe(tip);
  expect(await kept.memoryFile.read()).toMatchObject({ kind: "found", releases: 2 });
});
