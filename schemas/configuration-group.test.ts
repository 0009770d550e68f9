import { expect, test } from "vitest";
import { ConfigurationGroup } from "./configuration-group.ts";

function faults(value: Readonly<Record<string, string>>): readonly string[] {
  const result = ConfigurationGroup.safeParse({
    apiVersion: "openchoreo.dev/v1alpha1",
    kind: "ConfigurationGroup",
    metadata: { name: "database" },
    spec: { configurations: [{ key: "host", values: [value] }] },
  });
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const at = "spec.configurations.0.values.0";

test.each([
  ["a value for an environment", { environment: "dev", value: "a" }, []],
  ["a secret for a group", { environmentGroupRef: "live", vaultKey: "a" }, []],
  ["a value for an environment and a group", { environment: "dev", environmentGroupRef: "live", value: "a" }, []],
  [
    "nothing",
    {},
    [
      `${at}: needs environment or environmentGroupRef, which say where it counts`,
      `${at}: needs either value or vaultKey`,
    ],
  ],
  ["two values", { environment: "dev", value: "a", vaultKey: "b" }, [`${at}: needs either value or vaultKey`]],
  ["a misspelt value, once", { environment: "dev", valu: "a" }, [`${at}: Unrecognized key: "valu"`]],
])("judges %s", (_, value, found) => {
  expect(faults(value)).toEqual(found);
});
