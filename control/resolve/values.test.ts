import { expect, test } from "vitest";
import { doc, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

const variable = (name: string, key: string): string =>
  `        - key: V\n          valueFrom: {configurationGroupRef: {name: ${name}, key: ${key}}}\n`;
const withVariable = (text: string): readonly string[] =>
  service("cart", { workload: `  containers:\n    main:\n      image: a\n      env:\n${text}` });

/** Values of `level` as YAML flow maps. */
function group(...values: readonly string[]): string {
  const list = values.map((value) => `        - ${value}\n`).join("");
  return doc(
    "ConfigurationGroup",
    "log",
    `  environmentGroups:
    - {name: low, environments: [dev]}
    - {name: all, environments: [dev, prod]}
  configurations:
    - key: level
      values:
${list}`,
  );
}

/** The rendered variables of `cart` in dev, or `code message` of the errors. */
async function variables(...documents: readonly string[]): Promise<unknown> {
  const { releases, problems } = await renderTexts(...surroundings, ...documents);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) return errors.map(({ code, message, place }) => `${place.line} ${code} ${message}`);
  const objects = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
  const deployment = objects.find(({ kind }) => kind === "Deployment") as unknown as {
    spec: { template: { spec: { containers: readonly { env: unknown }[] } } };
  };
  return deployment.spec.template.spec.containers[0]?.env;
}

const used = withVariable(variable("log", "level"));

test.for([
  ["the environment's own value", ["{environment: dev, value: debug}"], "debug"],
  ["its group's value", ["{environmentGroupRef: low, value: trace}", "{environment: prod, value: warn}"], "trace"],
  [
    "its own value before its group's",
    ["{environmentGroupRef: low, value: trace}", "{environment: dev, value: debug}"],
    "debug",
  ],
  ["an empty value", ['{environment: dev, value: ""}'], ""],
] as const)("a variable gets %s", async ([, values, expected]) => {
  expect(await variables(...used, group(...values))).toEqual([{ name: "V", value: expected }]);
});

test.for([
  [
    "no value for the environment",
    group("{environment: prod, value: a}"),
    "unknown-configuration level of ConfigurationGroup log has no value for dev",
  ],
  [
    "two values of the environment's groups",
    group("{environmentGroupRef: low, value: a}", "{environmentGroupRef: all, value: b}"),
    "ambiguous-configuration level of ConfigurationGroup log has two values for dev",
  ],
  [
    "a value that is kept as a secret, on a plane without a store",
    group("{environment: dev, vaultKey: a}"),
    "missing-secret-store V is kept as a secret, and DataPlane eu, where dev runs, has no secretStoreRef to read it from",
  ],
  ["no such group", "", "unknown-configuration there is no ConfigurationGroup log"],
  [
    "no such key",
    doc("ConfigurationGroup", "log", "  configurations:\n    - {key: depth, values: []}"),
    "unknown-configuration ConfigurationGroup log has no key level",
  ],
] as const)("refuses %s", async ([, text, expected]) => {
  const documents = text === "" ? used : [...used, text];
  const found = await variables(...documents);
  expect(found).toHaveLength(1);
  expect(String((found as readonly string[])[0])).toMatch(new RegExp(`^\\d+ ${expected}$`));
});

test("a group with a Problem of its own holds the Release back and says nothing twice", async () => {
  const broken = group("{environment: dev, valu: debug}");
  expect(await variables(...used, broken)).toEqual([expect.stringMatching(/^\d+ schema /)]);
});
