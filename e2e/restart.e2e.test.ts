/** A control plane that starts again goes on from what it kept, and shows it. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { benchPlanes, BenchPlatform } from "./bench/bench-platform.ts";

const components = 12;

async function metric(platform: BenchPlatform, name: string): Promise<number> {
  const { url, peopleToken } = await platform.findControl();
  const authorization = `Basic ${Buffer.from(`people:${peopleToken}`).toString("base64")}`;
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization } })).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "mu").exec(text)?.[1] ?? NaN);
}

test("a restarted control plane recalls its Releases, says so, and publishes nothing new", async () => {
  const signal = AbortSignal.timeout(150_000);
  await using platform = await BenchPlatform.open({ projects: 4, components }, signal);
  await platform.timePush(benchPlanes);
  await platform.settle();
  const sequences = await platform.sequences();
  const kept = join(platform.control.dataDir, "known-releases");

  const { counts } = await platform.restart();
  expect(counts).toEqual({ rendered: 0, recalled: components * 3, filesWritten: 0 });
  expect(await metric(platform, "gitplane_releases_recalled_total")).toBe(components * 3);
  expect(await metric(platform, "gitplane_releases_rendered_total")).toBe(0);

  const damaged = await platform.restart(() => writeFile(kept, "damaged"));
  expect(damaged.counts).toEqual({ rendered: components * 3, recalled: 0, filesWritten: 0 });
  const absent = await platform.restart(() => rm(kept));
  expect(absent.counts).toEqual({ rendered: components * 3, recalled: 0, filesWritten: 0 });
  expect((await platform.restart()).counts.recalled).toBe(components * 3);
  expect(await platform.sequences()).toEqual(sequences);
});
