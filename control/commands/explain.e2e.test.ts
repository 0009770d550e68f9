/** `gitplane explain` and `gitplane schema`: what they print, and how a wrong name ends. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { ExitError } from "../../process/exit-codes.ts";
import { crdOf } from "../../schemas/crd.ts";
import { jsonSchemaOf, jsonSchemaOfAll } from "../../schemas/json-schema.ts";
import { kindNames } from "../../schemas/kinds.ts";
import { loadAll } from "js-yaml";
import { explain } from "./explain.ts";
import { writeCrds, writeJsonSchemas } from "./schema.ts";

async function printed(run: () => Promise<unknown>): Promise<string> {
  let text = "";
  const take = (chunk: unknown, done?: unknown) => {
    text += String(chunk);
    if (typeof done === "function") done();
    return true;
  };
  using _out = vi.spyOn(process.stdout, "write").mockImplementation(take);
  using _err = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  expect(await run()).toBe(0);
  return text;
}

const text = { output: "table" } as const;

test("explains a field with its type, need, default, words and what is below", async () => {
  expect(await printed(() => explain("services.spec.apis", text))).toMatchInlineSnapshot(`
    "KIND:        Service
    VERSION:     openchoreo.dev/v1alpha1
    FIELD:       spec.apis
    TYPE:        map of object
    REQUIRED:    no
    DEFAULT:     {}
    LIMITS:      at most 100 entries; names are DNS labels

    APIs by the name of the endpoint that serves them.

    FIELD           TYPE            REQUIRED  IS
    <name>          object          -         -
      className     string          -         The APIClass whose policies guard its routes.
      type          string          yes       What is spoken.
      exposeLevels  list of string  -         Who may call it beside its Project.
      gatewayPort   integer         -         The gateway's port that leads to it; for TCP and UDP, whose routes have no host name.
      rest          object          -         How an API of HTTP is published.
    "
  `);
});

test("explains a list of allowed values by a short name", async () => {
  expect(await printed(() => explain("comp.spec.type", text))).toMatchInlineSnapshot(`
    "KIND:        Component
    VERSION:     openchoreo.dev/v1alpha1
    FIELD:       spec.type
    TYPE:        string
    REQUIRED:    yes
    ALLOWED:     Service, WebApplication, ScheduledTask, ManualTask, Webhook, APIProxy, TestRunner, EventHandler

    What it is. Service, WebApplication and ScheduledTask are deployed; the others are accepted.
    "
  `);
});

test("reaches into the Kubernetes types of a class's template", async () => {
  const path = "ServiceClass.spec.deploymentTemplate.template.spec.containers.resources";
  expect(await printed(() => explain(path, text))).toMatchInlineSnapshot(`
    "KIND:        ServiceClass
    VERSION:     openchoreo.dev/v1alpha1
    FIELD:       spec.deploymentTemplate.template.spec.containers.resources
    TYPE:        ResourceRequirements
    KUBERNETES:  the type ResourceRequirements
    REQUIRED:    no
    MORE:        kubectl explain deployment.spec.template.spec.containers.resources

    FIELD     TYPE                     REQUIRED  IS
    claims    list of ResourceClaim    -         -
    limits    map of string or number  -         -
    requests  map of string or number  -         -
    "
  `);
});

test.each(["Workload", "workload", "WORKLOADS"])("takes %s for the kind", async (name) => {
  expect(await printed(() => explain(name, text))).toContain("KIND:        Workload\n");
});

test.each([
  ["Workload.spec.containers.image", "spec.containers.<name>.image"],
  ["Workload.spec.containers.main.image", "spec.containers.<name>.image"],
  ["Workload.spec.containers.*.image", "spec.containers.<name>.image"],
  ["Workload.spec.containers[main].image", "spec.containers.<name>.image"],
  ["Workload.spec.containers[].env[0].key", "spec.containers.<name>.env.key"],
  ["Workload.spec.containers.env.key", "spec.containers.<name>.env.key"],
  ["Workload.spec.containers[env]", "spec.containers.<name>"],
  ["Service.spec.apis.rest.backend", "spec.apis.<name>.rest.backend"],
  ["gitplane.yaml.places[0].kinds", "places.kinds"],
])("reads %s as %s", async (subject, path) => {
  expect(JSON.parse(await printed(() => explain(subject, { output: "json" })))).toHaveProperty("path", path);
});

test.each(["Places", "gitplane.yaml"])("explains the file of places as %s", async (subject) => {
  expect(await printed(() => explain(subject, text))).toMatchInlineSnapshot(`
    "KIND:        Places
    VERSION:     openchoreo.dev/v1alpha1
    FILE:        gitplane.yaml in the root of the specs repository
    TYPE:        object
    EXAMPLE:     README.md of Gitplane's repository

    Whose documents, and of which kinds, may stand below which folder.

    FIELD            TYPE            REQUIRED  IS
    apiVersion       string          yes       The version of the vocabulary.
    kind             string          yes       What kind of thing the document describes.
    places           list of object  yes       Folders, in any order.
      path           string          yes       A folder (or one file) from the root of the repository, such as \`teams/shop\`, matched by whole names.
      organizations  list of string  yes       The organizations whose documents may stand here, or \`"*"\` alone for any.
      kinds          list of string  yes       The kinds that may stand here, or \`"*"\` alone for any.
    "
  `);
});

test("shows what a kind asks for, and where an example stands", async () => {
  expect(await printed(() => explain("Workload", text))).toMatchInlineSnapshot(`
    "KIND:        Workload
    VERSION:     openchoreo.dev/v1alpha1
    TYPE:        object
    EXAMPLE:     fixtures/examples/workload.yaml of Gitplane's repository, also shown by docs/reference/workload.md

    What runs, without an environment: containers, the endpoints they serve, the connections they need.

    FIELD          TYPE           REQUIRED  IS
    apiVersion     string         yes       The version of the vocabulary.
    kind           string         yes       What kind of thing the document describes.
    metadata       object         yes       Name and organization.
    spec           object         yes       What is asked for.
      containers   map of object  yes       Containers by name.
      volumes      map of object  -         Volumes that containers mount, by name.
      endpoints    map of object  -         What it serves, by name.
      connections  map of object  -         What it reaches, by a name of its own.
      owner        object         yes       The component that it belongs to.
    "
  `);
});

test.each([
  ["ServiceClass.spec.deploymentTemplate.replicas", "deployment.spec.replicas"],
  ["ServiceClass.spec.serviceTemplate", "service.spec"],
  ["ServiceClass.spec.deploymentTemplate.template.metadata.labels.app", "deployment.spec.template.metadata.labels"],
  ["ScheduledTaskClass.spec.cronJobTemplate.schedule", "cronjob.spec.schedule"],
])("says for %s that `kubectl explain %s` tells more", async (subject, page) => {
  expect(await printed(() => explain(subject, text))).toContain(`\nMORE:        kubectl explain ${page}\n`);
});

test("gives the same as yaml, and in one line", async () => {
  const subject = "dp.spec.gateway";
  const json: unknown = JSON.parse(await printed(() => explain(subject, { output: "json" })));
  expect(loadAll(await printed(() => explain(subject, { output: "yaml" })))).toEqual([json]);
  expect(await printed(() => explain(subject, { output: "ndjson" }))).toBe(`${JSON.stringify(json)}\n`);
});

test("gives data, with every field below when asked", async () => {
  const answer: unknown = JSON.parse(
    await printed(() => explain("dp.spec.observer", { output: "json", recursive: true })),
  );
  expect(answer).toMatchObject({
    kind: "DataPlane",
    path: "spec.observer",
    type: "object",
    required: false,
    fields: [{ path: "spec.observer.url" }, { path: "spec.observer.authentication" }],
  });
});

test("lists every kind with what it is", async () => {
  const lines = (await printed(() => explain(undefined, text))).split("\n").slice(1, -1);
  expect(lines.map((line) => line.split(/\s/)[0])).toEqual(kindNames);
  expect(lines.filter((line) => !line.endsWith("."))).toEqual([]);
});

test.each([
  ["Wrkload", 'there is no kind "Wrkload"; did you mean Workload?'],
  ["Elephant", 'there is no kind "Elephant"; `gitplane explain` lists the kinds'],
  ["Workload.spec.contaners", 'Workload.spec has no field "contaners"; did you mean Workload.spec.containers?'],
  [
    "Project.spec.color",
    'Project.spec has no field "color"; its fields are deploymentPipelineRef, cell, environments, regions',
  ],
  ["Project.spec.deploymentPipelineRef.x", 'Project.spec.deploymentPipelineRef has no field "x"; it has no fields'],
  [
    "Project.spec.__proto__",
    'Project.spec has no field "__proto__"; its fields are deploymentPipelineRef, cell, environments, regions',
  ],
])("refuses %s and says what was meant", async (subject, message) => {
  await expect(explain(subject, text)).rejects.toEqual(new ExitError(2, message));
});

test("prints the schema of all kinds, of one, and every CRD", async () => {
  expect(JSON.parse(await printed(() => writeJsonSchemas(undefined, {})))).toEqual(jsonSchemaOfAll());
  expect(JSON.parse(await printed(() => writeJsonSchemas("proj", {})))).toEqual(jsonSchemaOf("Project"));
  expect(loadAll(await printed(() => writeCrds({})))).toEqual(
    kindNames.map((kind) => JSON.parse(JSON.stringify(crdOf(kind)))),
  );
});

test("writes them as files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "schemas-"));
  try {
    await printed(() => writeCrds({ output: join(folder, "crds") }));
    await printed(() => writeJsonSchemas(undefined, { output: folder }));
    expect(await readdir(join(folder, "crds"))).toHaveLength(kindNames.length);
    expect(JSON.parse(await readFile(join(folder, "gitplane.json"), "utf8"))).toEqual(jsonSchemaOfAll());
    expect((await readdir(folder)).filter((name) => name.endsWith(".json"))).toHaveLength(kindNames.length + 1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
