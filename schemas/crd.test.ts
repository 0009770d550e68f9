/** What an API server asks of a CRD and a real one would only tell at length; `e2e/crds.e2e.test.ts` asks a real one. */
import { expect, test } from "vitest";
import { crdNames } from "./crd-names.ts";
import { crdOf } from "./crd.ts";
import { kindSlug } from "./kind-slug.ts";
import { kindNames } from "./kinds.ts";

/** Every map below, with the path to it. */
function maps(value: unknown, path: readonly string[] = []): readonly [string, Record<string, unknown>][] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, one]) => maps(one, [...path, key]));
  return Array.isArray(value) ? inner : [[path.join("."), value as Record<string, unknown>], ...inner];
}

test("calls kinds as upstream does", () => {
  const names = kindNames.map((kind) => {
    const { plural, shortNames } = crdNames(kind);
    return [plural, ...shortNames].join(" ");
  });
  expect(names).toEqual([
    "organizations org orgs",
    "dataplanes dp dps",
    "buildplanes",
    "observabilityplanes",
    "environments env envs",
    "deploymentpipelines deppipe deppipes",
    "projects proj projs",
    "serviceclasses",
    "webapplicationclasses",
    "scheduledtaskclasses",
    "apiclasses",
    "configurationgroups configgrp",
    "secretreferences",
    "components comp comps",
    "workloads",
    "services",
    "webapplications",
    "scheduledtasks",
    "builds",
    "servicebindings",
    "webapplicationbindings",
    "scheduledtaskbindings",
  ]);
});

test.each(kindNames)("gives %s a size that an API server bears, and no word that it refuses", (kind) => {
  const text = JSON.stringify(crdOf(kind));
  expect(text.length).toBeLessThan(200_000);
  const words = maps(crdOf(kind)).filter(
    ([, map]) =>
      "propertyNames" in map ||
      map["additionalProperties"] === false ||
      "$ref" in map ||
      "const" in map ||
      Array.isArray(map["type"]),
  );
  // A field of ours may be called like a word of the language.
  expect(words.filter(([path]) => !path.endsWith(".properties")).map(([path]) => path)).toEqual([]);
});

test.each([
  ["APIClass", "api-class"],
  ["WebApplicationBinding", "web-application-binding"],
  ["Build", "build"],
] as const)("calls the file of %s %s", (kind, slug) => {
  expect(kindSlug(kind)).toBe(slug);
});
