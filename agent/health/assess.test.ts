import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KubernetesObject, objectKey } from "../../schemas/object-id.ts";
import { readStateYaml } from "../../schemas/state-yaml.ts";
import { kindName } from "../inventory.ts";
import { assessHealth, hasHealth } from "./assess.ts";
import { resultOf } from "./run-once.ts";

const folder = join(import.meta.dirname, "fixtures");
const fixtures = readdirSync(folder)
  .sort()
  .map((name) => ({ name, object: KubernetesObject.parse(readStateYaml(readFileSync(join(folder, name), "utf8"))) }));
const kindOf = (object: KubernetesObject): string => kindName(objectKey(object));
const kinds = [...new Set(fixtures.map(({ object }) => kindOf(object)))];

test.each(fixtures)("$name is what its name says", ({ name, object }) => {
  const expected = name.slice(name.lastIndexOf("-") + 1, -".yaml".length);
  const verdict = assessHealth(kindOf(object), object);
  expect(verdict.health.toLowerCase()).toBe(expected);
  expect(verdict.reason === undefined).toBe(verdict.health === "Healthy");
});

test("a route that is refused says how its namespace is labelled, where that is up to people", () => {
  const reasonOf = (name: string): string | undefined => {
    const object = fixtures.find((fixture) => fixture.name === name)?.object;
    return object && assessHealth(kindOf(object), object).reason;
  };
  expect(reasonOf("http-route-namespace-not-labelled-degraded.yaml")).toBe(
    "gateway-external: takes no routes from namespace old until somebody labels it: kubectl label namespace old openchoreo.dev/organization=acme gitplane.dev/gateways=data.acme.east",
  );
  expect(reasonOf("http-route-not-allowed-degraded.yaml")).toBe(
    "gateway-external: No listeners included by this parent ref allowed this attachment.",
  );
});

test("kinds that never have a health are not watched; whatever nobody has heard of is", () => {
  const without = ["ConfigMap", "Secret", "ServiceAccount", "rbac.authorization.k8s.io/Role"];
  expect(without.filter(hasHealth)).toEqual([]);
  expect([...kinds, "example.org/Widget"].filter((kind) => !hasHealth(kind))).toEqual(["ConfigMap"]);
});

/** Values that controllers and mischief write: the names and words that the rules look for, in any place. */
const names = ["conditions", "parents", "ancestors", "listeners", "phase", "type", "status", "reason", "message"];
const words = ["Ready", "Accepted", "Programmed", "Established", "True", "False", "Complete", "Failed", "Succeeded"];
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(...words, null, true, 0, -1, 1.5, Number.MAX_SAFE_INTEGER, "", "x"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...names, "containerStatuses", "state", "waiting", "__proto__"), tie("value"), {
      maxKeys: 5,
    }),
  ),
})).value;

test("nothing in an object makes it throw", () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds, "example.org/Any"), anyValue, anyValue, (kind, status, spec) => {
      const object = { apiVersion: "v1", kind: "Any", metadata: { name: "a", generation: spec }, status, spec };
      expect(["Healthy", "Progressing", "Degraded", "Suspended", "Unknown"]).toContain(
        assessHealth(kind, object).health,
      );
      expect(["undefined", "string"]).toContain(typeof resultOf(kind, object));
    }),
    { numRuns: 2000 },
  );
});

test("no status is taken for that of a newer generation, whatever else stands in it", () => {
  fc.assert(
    fc.property(fc.constantFrom(...fixtures), fc.integer({ min: 1, max: 1000 }), ({ object }, newer) => {
      const generation = Number(object.metadata["generation"] ?? 1);
      const status = { ...(object["status"] as object), observedGeneration: generation };
      const changed = { ...object, metadata: { ...object.metadata, generation: generation + newer }, status };
      expect(assessHealth(kindOf(object), changed).health).toBe("Progressing");
    }),
  );
});

/** Kinds whose controllers write the generation into each condition. */
const perCondition = fixtures.filter(({ object }) => JSON.stringify(object).includes('"observedGeneration"'));

test.each(perCondition)("$name is not Healthy once its conditions are of an older generation", ({ object }) => {
  const changed = { ...object, metadata: { ...object.metadata, generation: 99 } };
  expect(assessHealth(kindOf(object), changed).health).not.toBe("Healthy");
});
