/** What holds of every platform, not only of ours: many generated ones, and each with a mistake put into it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { planeKey } from "../schemas/layout.ts";
import { isDnsLabel } from "../schemas/names.ts";
import { mutate, mutation } from "./specs-mutation.contract.ts";
import { platform } from "./platform-arbitrary.contract.ts";
import { claimedKey } from "./render/claimed.ts";
import { renderFilesOf, treeOf } from "./specs-fixture.contract.ts";

const numRuns = 300;

test(
  "a valid platform renders everything, twice alike, whatever the order of its files",
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(platform, async ({ files, releases }) => {
        const rendered = await renderFilesOf(files);
        expect(rendered.problems.filter(({ severity }) => severity === "error")).toEqual([]);
        const components = rendered.releases.filter(({ path }) => path.startsWith("releases/"));
        expect(components.map(({ plane, path }) => `${plane.organization}/${plane.name} ${path}`).toSorted()).toEqual(
          releases,
        );
        const again = await renderFilesOf(new Map([...files].toReversed()));
        expect(Object.fromEntries(treeOf(again))).toEqual(Object.fromEntries(treeOf(rendered)));
      }),
      { numRuns },
    );
  },
);

test("names are legal and unique, and no two routes answer one host and path", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(platform, async ({ files }) => {
      const { releases } = await renderFilesOf(files);
      const objects = releases.flatMap(({ plane, release }) =>
        release.spec.resources.map(({ id, object }) => ({ key: `${planeKey(plane)} ${id}`, object })),
      );
      expect(new Set(objects.map(({ key }) => key)).size).toBe(objects.length);
      for (const { object } of objects) {
        const parts = dottedKinds.has(object.kind) ? object.metadata.name.split(".") : [object.metadata.name];
        expect(parts.every(isDnsLabel)).toBe(true);
        expect(object.metadata.namespace === undefined || isDnsLabel(object.metadata.namespace)).toBe(true);
        for (const value of Object.values(object.metadata.labels ?? {})) expect(value).toMatch(labelValue);
        expect(object.metadata.name).toMatch(nameByKind[object.kind] ?? /./);
      }
      const answered = releases.flatMap(({ claimed }) => claimed.map(claimedKey));
      expect(new Set(answered).size).toBe(answered.length);
    }),
    { numRuns },
  );
});

/** Called like the component and what of it they are; the API server takes names of this kind with dots, up to 253 characters. */
const dottedKinds = new Set(["ConfigMap", "ExternalSecret", "PersistentVolumeClaim"]);

/** What kinds ask beyond a DNS label: a Service by RFC 1035, a CronJob room for its Jobs' names. */
const nameByKind: Readonly<Record<string, RegExp>> = { Service: /^[a-z]/, CronJob: /^.{1,52}$/ };

/** Kubernetes, "Labels and Selectors": syntax. */
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

test(
  "with a mistake in it a platform stays valid or has a Problem within that file's text",
  { timeout: 300_000 },
  async () => {
    let spoiled = 0;
    await fc.assert(
      fc.asyncProperty(platform, fc.array(mutation, { minLength: 1, maxLength: 3 }), async ({ files }, mutations) => {
        const edited = mutate(files, mutations);
        const rendered = await renderFilesOf(edited);
        for (const { place, message, remedy } of rendered.problems) {
          const lines = (edited.get(place.file) ?? "").split("\n");
          expect(place.line).toBeLessThanOrEqual(lines.length);
          expect(place.column).toBeLessThanOrEqual((lines[place.line - 1] ?? "").length + 1);
          expect([message, remedy].every((words) => words.length > 0)).toBe(true);
        }
        const isSpoiled = rendered.problems.some(({ severity }) => severity === "error");
        if (isSpoiled) spoiled += 1;
      }),
      { numRuns },
    );
    // Mutations that never hurt would prove nothing.
    expect(spoiled).toBeGreaterThan(numRuns / 3);
  },
);
