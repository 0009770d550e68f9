import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KubernetesObject, objectKey } from "../../schemas/object-id.ts";
import { readStateYaml } from "../../schemas/state-yaml.ts";
import { kindName } from "../inventory.ts";
import { assessHealth } from "./assess.ts";

const folder = join(import.meta.dirname, "fixtures");
const fixtures = readdirSync(folder).sort();

test.each(fixtures)("%s is what its name says", (name) => {
  const object = KubernetesObject.parse(readStateYaml(readFileSync(join(folder, name), "utf8")));
  const expected = name.slice(name.lastIndexOf("-") + 1, -".yaml".length);
  const verdict = assessHealth(kindName(objectKey(object)), object);
  expect(verdict.health.toLowerCase()).toBe(expected);
  expect(verdict.reason === undefined).toBe(verdict.health === "Healthy" || name.startsWith("config-map"));
});

test("a status of any shape is survived", () => {
  for (const status of [null, [], "x", { conditions: "x" }, { parents: [null, { conditions: [1] }] }]) {
    for (const kind of ["Namespace", "Service", "apps/Deployment", "gateway.networking.k8s.io/HTTPRoute"]) {
      const object = { apiVersion: "v1", kind: "Any", metadata: { name: "a" }, status, spec: status };
      expect(assessHealth(kind, object).health).not.toBe("Degraded");
    }
  }
});
