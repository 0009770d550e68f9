/** The JSON Schemas, held by a validator and by the language server that editors run, over right and wrong documents. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { loadAll } from "js-yaml";
import { expect, test } from "vitest";
import { TextDocument } from "vscode-languageserver-textdocument";
import { getLanguageService } from "yaml-language-server";
import { jsonSchemaOf, jsonSchemaOfAll } from "../schemas/json-schema.ts";
import { kindSlug } from "../schemas/kind-slug.ts";
import { type KindName, kindNames } from "../schemas/kinds.ts";
import { makeMistake, mistakes } from "../schemas/mistakes.contract.ts";

const root = join(import.meta.dirname, "..");
const samples = join(root, "../shared/openchoreo-v0.3");

const ajv = new Ajv({ allErrors: true, strictTypes: false, strictRequired: false, validateFormats: false });
ajv.addKeyword("markdownDescription");
const accepts = ajv.compile(jsonSchemaOfAll());

function documentsUnder(folder: string): readonly [where: string, document: unknown][] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yaml") && !path.includes("frozen"))
    .toSorted()
    .flatMap((path) =>
      loadAll(readFileSync(join(folder, path), "utf8"))
        .filter((document) => document !== null)
        .map((document) => [path, document] as [string, unknown]),
    );
}

function example(kind: KindName): unknown {
  return loadAll(readFileSync(join(root, "fixtures/examples", `${kindSlug(kind)}.yaml`), "utf8"))[0];
}

/** `Where: what` for every error, the field with dots. */
function faults(document: unknown): readonly string[] {
  if (accepts(document)) return [];
  return (accepts.errors ?? []).map(({ instancePath, params, message }) => {
    const step = params["missingProperty"] ?? params["additionalProperty"] ?? params["propertyName"];
    return [...instancePath.split("/").slice(1), ...(step === undefined ? [] : [step])].join(".") + `: ${message}`;
  });
}

test.each(["fixtures/platform", "fixtures/surroundings", "fixtures/examples"])(
  "accepts every document of %s",
  (folder) => {
    const found = documentsUnder(join(root, folder));
    expect(found.length).toBeGreaterThan(5);
    expect(found.flatMap(([where, document]) => faults(document).map((fault) => `${where} ${fault}`))).toEqual([]);
  },
);

if (!existsSync(samples))
  process.stderr.write(`\nSKIPPED: JSON Schemas over the v0.3 samples: ${samples} is not there.\n\n`);
test.skipIf(!existsSync(samples))("accepts every real v0.3 document", () => {
  const found = documentsUnder(samples);
  expect(new Set(found.map(([where]) => where)).size).toBe(28);
  expect(found.flatMap(([where, document]) => faults(document).map((fault) => `${where} ${fault}`))).toEqual([]);
});

test.each(mistakes.filter(({ unknownToEditors }) => unknownToEditors === undefined))(
  "refuses $kind with $title",
  (mistake) => {
    const wrong = makeMistake(example(mistake.kind), mistake);
    const paths = faults(wrong).map((fault) => fault.slice(0, fault.indexOf(": ")));
    expect(paths).toContain(mistake.path ?? mistake.at);
  },
);

test.each(mistakes.filter(({ unknownToEditors }) => unknownToEditors !== undefined))(
  "cannot know of $kind with $title: $unknownToEditors",
  (mistake) => {
    expect(faults(makeMistake(example(mistake.kind), mistake))).toEqual([]);
  },
);

test("each kind's own schema accepts its example and refuses another kind's", () => {
  const answers = kindNames.map((kind) => {
    const check = ajv.compile(jsonSchemaOf(kind));
    return [kind, check(example(kind)), check(example(kind === "Project" ? "Service" : "Project"))];
  });
  expect(answers).toEqual(kindNames.map((kind) => [kind, true, false]));
});

test("knows gitplane.yaml too", () => {
  const places = (kind: string) => ({
    apiVersion: "openchoreo.dev/v1alpha1",
    kind: "Places",
    places: [{ path: "teams/shop", organizations: ["acme"], kinds: [kind] }],
  });
  expect(faults(places("Component"))).toEqual([]);
  expect(faults(places("Deployment"))).toContain("places.0.kinds.0: must be equal to one of the allowed values");
});

const written = `# yaml-language-server: $schema=./gitplane.json
apiVersion: openchoreo.dev/v1alpha1
kind: Component
metadata:
  name: catalog
spec:
  owner:
    projectName: shop
  type: Servce
---
# yaml-language-server: $schema=./gitplane.json
apiVersion: openchoreo.dev/v1alpha1
kind: ServiceClass
metadata:
  name: default
spec:
  deploymentTemplate:
    template:
      spec:
        containers:
          - name: main
            imagePullPolicy: Sometimes
            
`;
const unmarked = written.replaceAll(/^# yaml-language-server.*\n/gm, "");

// Each under a path of its own: the service remembers what it parsed by path and version.
test.each([
  ["modeline", written, []],
  ["setting", unmarked, [{ uri: "file:///specs/gitplane.json", fileMatch: ["*.yaml"] }]],
])("an editor told by %s completes, explains and underlines", async (told, text, schemas) => {
  const asked: string[] = [];
  const service = getLanguageService({
    schemaRequestService: async (uri) => {
      asked.push(uri);
      return JSON.stringify(jsonSchemaOfAll());
    },
    workspaceContext: { resolveRelativePath: (path, resource) => new URL(path, resource).href },
  });
  service.configure({ validate: true, hover: true, completion: true, schemas });
  const document = TextDocument.create(`file:///specs/${told}.yaml`, "yaml", 1, text);
  const at = (needle: string) => document.positionAt(text.indexOf(needle));
  const labels = async (position: ReturnType<typeof at>): Promise<readonly string[]> =>
    (await service.doComplete(document, position, false)).items.map(({ label }) => label);

  expect(
    (await service.doValidation(document, false)).map(({ message, range }) => [document.getText(range), message]),
  ).toEqual([
    ["Servce", expect.stringContaining('Valid values: "Service"')],
    ["Sometimes", expect.stringContaining('Valid values: "Always"')],
  ]);
  expect(await labels(at("Servce"))).toEqual(expect.arrayContaining(["Service", "WebApplication", "ScheduledTask"]));
  expect(await labels(document.positionAt(text.length - 1))).toEqual(
    expect.arrayContaining(["resources", "livenessProbe", "env"]),
  );
  expect(await service.doHover(document, at("deploymentTemplate"))).toMatchObject({
    contents: { value: expect.stringContaining("A DeploymentSpec (apps/v1) without selector") },
  });
  expect(asked).toEqual(["file:///specs/gitplane.json"]);
});
