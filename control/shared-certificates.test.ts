/** Hosts of organizations that use the gateways of another: they stand in its certificates, whatever changes and in which order. */
import { beforeEach, expect, test } from "vitest";
import { Engine } from "./engine/engine.ts";
import type { Rendered } from "./engine/rendered.ts";
import type { Specs } from "./load/load.ts";
import { nextPlaneTree } from "./publish/plane-tree.ts";
import { doc, loadFiles, treeOf } from "./specs-fixture.contract.ts";

type Identity = readonly [organization: string, kind: string, name: string];

function docOf([organization, kind, name]: Identity, spec: string): string {
  return doc(kind, name, spec).replace("metadata:\n", `metadata:\n  namespace: ${organization}\n`);
}

const planeOf = (organization: string, gateway: string): string =>
  docOf([organization, "DataPlane", "main"], `  gateway: {${gateway}}`);
const managed = (order: string): string => {
  const both = "external: {https: {issuer: {name: ca}}}, internal: {https: {issuer: {name: ca}}}";
  return planeOf(
    "owner",
    `publicVirtualHost: apps.example, organizationVirtualHost: apps.inner, manage: {${both}, sharedWith: [${order}]}`,
  );
};
const shared = "sharedFrom: {organization: owner, name: main}";
const environment = (organization: string, name: string, more = ""): string =>
  docOf([organization, "Environment", name], `  dataPlaneRef: main${more}`);
const organization = (name: string): string =>
  `apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: ${name}\n`;

const files: Readonly<Record<string, string>> = {
  "organizations.yaml": ["owner", "red", "blue"].map(organization).join("---\n"),
  "owner.yaml": managed("red"),
  "owner-dev.yaml": environment("owner", "dev"),
  "red.yaml": planeOf("red", `publicVirtualHost: red.example, organizationVirtualHost: red.inner, ${shared}`),
  "red-dev.yaml": environment("red", "dev"),
  "blue.yaml": planeOf("blue", `publicVirtualHost: blue.example, ${shared}`),
  "blue-dev.yaml": environment("blue", "dev"),
};

const path = "platform/gateways.yaml";
const owner = { kind: "data", organization: "owner", name: "main" } as const;
const rest = { problems: [], recoveries: [], approvals: [], stop: undefined, rules: undefined };

let engine: Engine;
let contents: Map<string, Specs>;
let texts: Map<string, string>;
let rendered: Rendered;

beforeEach(async () => {
  engine = new Engine();
  contents = new Map();
  texts = new Map();
  await change(files);
});

/** Writes files, or takes them away, and renders by what changed; from scratch it has to be the same. */
async function change(changed: Readonly<Record<string, string | null>>): Promise<void> {
  const gone = Object.keys(changed).flatMap((file) => contents.get(file) ?? []);
  const come: Specs[] = [];
  for (const [file, text] of Object.entries(changed)) {
    contents.delete(file);
    texts.delete(file);
    if (text === null) continue;
    const content = await loadFiles(new Map([[file, text]]));
    contents.set(file, content);
    texts.set(file, text);
    come.push(content);
  }
  rendered = engine.exchange({ ...rest, gone, come });
  const scratch = new Engine().exchange({ ...rest, gone: [], come: [...contents.values()] });
  expect(treeOf(rendered)).toEqual(treeOf(scratch));
}

/** Of the certificates of gateway-external and gateway-internal. */
function hosts(): readonly unknown[] {
  const resources = rendered.releasesOf(owner).get(path)?.release.spec.resources ?? [];
  return resources
    .filter(({ id }) => id.includes("/Certificate/"))
    .map(({ object }) => (object as { spec?: { dnsNames?: unknown } }).spec?.dnsNames); // a Certificate
}

const namesBelow = (domain: string, label = "dev"): readonly string[] => [`${label}.${domain}`, `*.${label}.${domain}`];
const own = [namesBelow("apps.example"), namesBelow("apps.inner")] as const;

test("hosts of a plane that uses the gateways stand in their certificates, those of one that is not let in do not", () => {
  expect(hosts()).toEqual([
    [...own[0], ...namesBelow("red.example")],
    [...own[1], ...namesBelow("red.inner")],
  ]);
});

test.each([
  {
    what: "an environment comes",
    changed: { "red-prod.yaml": environment("red", "prod") },
    external: [...namesBelow("red.example"), ...namesBelow("red.example", "prod")],
  },
  {
    what: "an environment has another label",
    changed: { "red-dev.yaml": environment("red", "dev", "\n  gateway: {dnsPrefix: test}") },
    external: namesBelow("red.example", "test"),
  },
  { what: "an environment goes", changed: { "red-dev.yaml": null }, external: [] },
  {
    what: "a plane has another domain",
    changed: { "red.yaml": planeOf("red", `publicVirtualHost: crimson.example, ${shared}`) },
    external: namesBelow("crimson.example"),
  },
  {
    what: "a plane goes elsewhere",
    changed: { "red.yaml": planeOf("red", "publicVirtualHost: red.example") },
    external: [],
  },
  {
    what: "another organization is let in",
    changed: { "owner.yaml": managed("red, blue") },
    external: [...namesBelow("blue.example"), ...namesBelow("red.example")],
  },
  { what: "nobody is let in any more", changed: { "owner.yaml": managed("") }, external: [] },
])("the certificates follow when $what of those that use the gateways", async ({ changed, external }) => {
  await change(changed);
  expect(hosts()[0]).toEqual([...own[0], ...external]);
  await change(Object.fromEntries(Object.keys(changed).map((file) => [file, files[file] ?? null])));
  expect(hosts()[0]).toEqual([...own[0], ...namesBelow("red.example")]);
});

test.each([
  { what: "an Environment", file: "red-dev.yaml", held: "an Environment" },
  { what: "the plane", file: "red.yaml", held: "a DataPlane" },
])("while $what of who uses the gateways cannot be read they stay as they are", async ({ file, held }) => {
  const before = treeOf(rendered);
  const key = `data.owner.main/${path}`;
  expect(before.get(key)).toContain("red.example");
  await change({ [file]: `${texts.get(file) ?? ""}}: [\n` });
  expect(treeOf(rendered, before).get(key)).toBe(before.get(key));
  expect(nextPlaneTree(owner, [path], { rendered }).kept.get(path)).toBe(
    `${file} cannot be used and may hold ${held} whose hosts stand in a certificate: yaml-syntax in ${file}:8`,
  );
  await change({ [file]: files[file] ?? null });
  expect(treeOf(rendered).get(key)).toBe(before.get(key));
});

test("what cannot be read of an organization that is not let in holds nothing up", async () => {
  await change({ "blue-dev.yaml": "kind: Environment\nmetadata: {name: dev\n" });
  expect(hosts()).toHaveLength(2);
});
