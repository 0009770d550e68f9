import { expect, test } from "vitest";
import { kinds } from "../../schemas/kinds.ts";
import { doc, goneFrom, owner, renderFilesOf, service, surroundings, treeOf } from "../specs-fixture.contract.ts";
import { parseFile } from "./parse.ts";

/** Made of parts, so that no scanner takes this file for a leak. */
const token = ["ghp", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"].join("_");
const escaped = token.replace("_", "\\x5f");
const parse = (text: string) => parseFile("a.yaml", Buffer.from(text));
const project = doc("Project", "shop", "  deploymentPipelineRef: line");
const secret = (body: string): string => `apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n${body}`;

const rows: readonly (readonly [name: string, text: string, yields: readonly string[], documents?: number])[] = [
  ["a value", project.replace("shop", token), ["4:9 a GitHub token"]],
  ["a value spelt with escapes", `${project}# a\n`.replace("shop", `"${escaped}"`), ["4:9 a GitHub token"]],
  ["a key", project.replace("deployment", `${token}: 1\n  deployment`), ["6:3 a GitHub token"]],
  ["a comment in a document", `${project}# ${token}\n`, ["7:3 a GitHub token"]],
  ["a comment before all documents", `# ${token}\n${project}`, ["1:3 a GitHub token"], 1],
  ["a file of nothing but comments", `# ${token}\n`, ["1:3 a GitHub token"]],
  ["the second of three documents", [project, `a: ${token}\n`, project].join("---\n"), ["8:4 a GitHub token"], 2],
  ["a file that is no YAML", `a: [${token}\n`, ["1:5 a GitHub token"]],
  ["a document that is not ours", `apiVersion: v1\nkind: ConfigMap\ndata:\n  a: ${token}\n`, ["4:6 a GitHub token"]],
  ["a text of many lines", `a: |\n  first\n  second ${token}\n`, ["3:10 a GitHub token"]],
  ["an alias, once", `a: &x ${token}\nb: *x\n`, ["1:7 a GitHub token"]],
  ["a Secret's data", secret("data:\n  a: YQ==\n"), ["5:1 the data of a Secret"]],
  [
    "a Secret's stringData",
    secret("stringData: {a: b}\n").replace("v1", "example.org/v7"),
    ["5:1 the data of a Secret"],
  ],
  [
    "a Secret in a List",
    `kind: List\nitems:\n  - {kind: ConfigMap, data: {a: b}}\n  - {kind: Secret, data: {a: b}}\n`,
    ["4:20 the data of a Secret"],
  ],
  ["a SecretList", `kind: SecretList\nitems:\n  - data: {a: b}\n`, ["3:5 the data of a Secret"]],
  ["a Secret without data", secret("data: {}\n"), []],
];

test.for(rows)(
  "a secret in %s has one Problem at its place, and its document is spoiled",
  ([, text, yields, documents = 0]) => {
    const { problems, documents: usable } = parse(text);
    const own = problems.filter(({ code }) => code === "secret-in-git");
    expect(own.map(({ place, message }) => `${place.line}:${place.column} ${message}`)).toEqual(
      yields.map((line) => `${line} stands in Git`),
    );
    expect(usable.length).toBe(documents);
  },
);

test.for(Object.keys(kinds))("C42 a %s with a token is not used", (kind) => {
  const text = `apiVersion: openchoreo.dev/v1alpha1\nkind: ${kind}\nmetadata:\n  name: a\n  annotations:\n    a: ${token}\n`;
  const { documents, problems, spoiled } = parse(text);
  expect(documents).toEqual([]);
  expect(problems.filter(({ code }) => code === "secret-in-git").map(({ place }) => place)).toEqual([
    { file: "a.yaml", line: 6, column: 8 },
  ]);
  expect(spoiled.map((one) => one.text)).toEqual([text]);
});

test.for([
  ["an unknown field", `${project}${token}: 1\n`],
  ["an apiVersion", project.replace("openchoreo.dev", token)],
  ["a repeated key", `${project}${token}: 1\n${token}: 1\n`],
  ["a name that is none", project.replace("shop", `"${escaped}"`)],
  ["an alias of nothing", `a: *${token}\n`],
  ["an octal number beside it", `a: 0644\n# ${token}\n`],
])("no Problem repeats a secret that stands in %s", ([, text = ""]) => {
  const { problems } = parse(text);
  expect(problems.length).toBeGreaterThan(1);
  expect(JSON.stringify(problems)).not.toContain(token);
});

test("C42 a secret in anything that a Release is made of keeps the last Release and never leaves the specs", async () => {
  const group = doc(
    "ConfigurationGroup",
    "shared",
    "  configurations:\n    - key: level\n      values:\n        - environment: dev\n          value: debug",
  );
  const env = `  containers:\n    main:\n      image: a\n      env:\n        - key: LEVEL\n          valueFrom: {configurationGroupRef: {name: shared, key: level}}\n`;
  const binding = doc(
    "ServiceBinding",
    "cart-prod",
    `${owner("cart")}  environment: prod\n  workloadSpec:\n    containers:\n      main:\n        image: a`,
  );
  const texts = [...surroundings, group, binding, ...service("cart", { workload: env })];
  const files = new Map(texts.map((text, index) => [`${index}.yaml`, text] as const));
  const before = treeOf(await renderFilesOf(files));
  expect([...before.keys()].filter((path) => path.includes("releases/"))).toHaveLength(2);
  for (const [path, text] of files) {
    const spoiled = text.includes("value: debug")
      ? text.replace("debug", token)
      : text.replace("metadata:\n", `metadata:\n  annotations:\n    note: ${token}\n`);
    const rendered = await renderFilesOf(new Map([...files, [path, spoiled]]));
    expect({ path, gone: goneFrom(before, rendered) }).toEqual({ path, gone: [] });
    expect(JSON.stringify([...treeOf(rendered, before)])).not.toContain(token);
    expect(rendered.problems.filter(({ severity }) => severity === "error").map(({ code }) => code)).toContain(
      "secret-in-git",
    );
  }
});
