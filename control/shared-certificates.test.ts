/** Certificates of organizations that use the gateways of another: each has its own, whatever changes and in which order. */
import { beforeEach, expect, test } from "vitest";
import { guestGatewaysPlace, statePath } from "../schemas/layout.ts";
import { Engine } from "./engine/engine.ts";
import type { Rendered } from "./engine/rendered.ts";
import type { Specs } from "./load/load.ts";
import { leafOrigins } from "./load/traced.ts";
import { nextPlaneTree } from "./publish/plane-tree.ts";
import { doc, loadFiles, treeOf } from "./specs-fixture.contract.ts";

type Identity = readonly [organization: string, kind: string, name: string];

function docOf([organization, kind, name]: Identity, spec: string): string {
  return doc(kind, name, spec).replace("metadata:\n", `metadata:\n  namespace: ${organization}\n`);
}

const planeOf = (organization: string, gateway: string, name = "main"): string =>
  docOf([organization, "DataPlane", name], `  gateway: {${gateway}}`);
const managed = (order: string, external = "https: {issuer: {name: ca}}"): string => {
  const both = `external: {${external}}, internal: {https: {issuer: {name: ca}}}`;
  return planeOf(
    "owner",
    `publicVirtualHost: apps.example, organizationVirtualHost: apps.inner, manage: {${both}, sharedWith: [${order}]}`,
  );
};
const shared = "sharedFrom: {organization: owner, name: main}";
const environment = (organization: string, name: string, more = ""): string =>
  docOf([organization, "Environment", name], `  dataPlaneRef: main${more}`);
const environments = (organization: string, count: number): string =>
  Array.from({ length: count }, (_, index) => environment(organization, `e${String(index).padStart(2, "0")}`)).join(
    "---\n",
  );
const organization = (name: string): string =>
  `apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: ${name}\n`;

const organizations = ["owner", "red", "blue"] as const;
/** Each organization writes in a folder of its own. */
const places = `apiVersion: openchoreo.dev/v1alpha1\nkind: Places\nplaces:\n${organizations
  .map((name) => `  - path: ${name}\n    organizations: [${name}]\n    kinds: ['*']\n`)
  .join("")}`;

const files: Readonly<Record<string, string>> = {
  ...Object.fromEntries(organizations.map((name) => [`${name}/organization.yaml`, organization(name)])),
  "owner/plane.yaml": managed("red"),
  "owner/dev.yaml": environment("owner", "dev"),
  "red/plane.yaml": planeOf("red", `publicVirtualHost: red.example, organizationVirtualHost: red.inner, ${shared}`),
  "red/dev.yaml": environment("red", "dev"),
  "blue/plane.yaml": planeOf("blue", `publicVirtualHost: blue.example, ${shared}`),
  "blue/dev.yaml": environment("blue", "dev"),
};

const owner = { kind: "data", organization: "owner", name: "main" } as const;
const ownPath = "platform/gateways.yaml";
const pathOf = (guest: string): string => statePath(guestGatewaysPlace(guest));
const keyOf = (path: string): string => `data.owner.main/${path}`;
const rest = { recoveries: [], approvals: [], stop: undefined, rules: undefined };

let engine: Engine;
let contents: Map<string, Specs>;
let rendered: Rendered;

beforeEach(async () => {
  engine = new Engine();
  contents = new Map();
  await change(files);
});

/** Writes files, or takes them away, and renders by what changed; from scratch it has to be the same. */
async function change(changed: Readonly<Record<string, string | null>>): Promise<void> {
  const gone = Object.keys(changed).flatMap((file) => contents.get(file) ?? []);
  const come: Specs[] = [];
  for (const [file, text] of Object.entries(changed)) {
    contents.delete(file);
    if (text === null) continue;
    const loaded = await loadFiles(
      new Map([
        ["gitplane.yaml", places],
        [file, text],
      ]),
    );
    const content = { ...loaded, problems: loaded.problems.filter(({ place }) => place.file === file) };
    contents.set(file, content);
    come.push(content);
  }
  rendered = engine.exchange({ ...rest, problems: [], gone, come });
  const scratch = new Engine().exchange({ ...rest, problems: [], gone: [], come: [...contents.values()] });
  expect(treeOf(rendered)).toEqual(treeOf(scratch));
  expect(rendered.problems).toEqual(scratch.problems);
}

type Spec = { readonly dnsNames?: readonly string[]; readonly listeners?: readonly { readonly tls?: unknown }[] };

/** What is rendered at a path, of one kind, by name. */
function specsAt(path: string, kind: string): Readonly<Record<string, Spec>> {
  const resources = rendered.releasesOf(owner).get(path)?.release.spec.resources ?? [];
  return Object.fromEntries(
    resources
      .filter(({ object }) => object.kind === kind)
      .map(({ object }) => [object.metadata.name, (object as { spec?: Spec }).spec ?? {}]), // a Certificate or a Gateway
  );
}

/** Names in the certificates at a path, by the certificate. */
function hosts(path: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(specsAt(path, "Certificate")).map(([name, spec]) => [name, spec.dnsNames]));
}

/** Secrets that the listener of HTTPS presents, in order. */
function secretsOf(gateway: string): readonly string[] | undefined {
  const tls = specsAt(ownPath, "Gateway")[gateway]?.listeners?.[0]?.tls as
    | { readonly certificateRefs: readonly { readonly name: string }[] }
    | undefined; // a listener of HTTPS
  return tls?.certificateRefs.map(({ name }) => name);
}

/** Beside that of an organization that says it uses the gateways and is not let in. */
function problems(): readonly string[] {
  return rendered.problems
    .filter(({ code }) => code !== "unknown-plane")
    .map(({ severity, code, message, place }) => `${severity} ${code} ${place.file}:${place.line} ${message}`);
}

const namesBelow = (domain: string, label = "dev"): readonly string[] => [`${label}.${domain}`, `*.${label}.${domain}`];
const own = { "gateway-external-tls": namesBelow("apps.example"), "gateway-internal-tls": namesBelow("apps.inner") };
const [redExternal, redInternal] = ["gateway-external-tls-red-019ecb2f", "gateway-internal-tls-red-019ecb2f"] as const;
const blueExternal = "gateway-external-tls-blue-7bfa4dfc";
const red = { [redExternal]: namesBelow("red.example"), [redInternal]: namesBelow("red.inner") };

test("who uses the gateways has certificates of its own, and listeners present the owner's before them", () => {
  expect(hosts(ownPath)).toEqual(own);
  expect(hosts(pathOf("red"))).toEqual(red);
  expect(secretsOf("gateway-external")).toEqual(["gateway-external-tls", redExternal]);
  expect(secretsOf("gateway-internal")).toEqual(["gateway-internal-tls", redInternal]);
  expect([...rendered.releasesOf(owner).keys()]).toEqual([ownPath, pathOf("red")]);
  expect(problems()).toEqual([]);
});

test("every leaf of them is explained", () => {
  const manifests = rendered.releasesOf(owner).get(pathOf("red"))?.manifests ?? [];
  const origins = manifests.flatMap(({ tree }) => [...leafOrigins(tree).values()]);
  expect(origins).not.toContain(undefined);
  const issuer = origins.flatMap((origin) => (origin.kind === "field" ? [origin.file] : []));
  expect(new Set(issuer)).toEqual(new Set(["owner/plane.yaml"]));
});

test.each([
  {
    what: "an environment comes",
    changed: { "red/prod.yaml": environment("red", "prod") },
    external: [...namesBelow("red.example"), ...namesBelow("red.example", "prod")],
  },
  {
    what: "an environment has another label",
    changed: { "red/dev.yaml": environment("red", "dev", "\n  gateway: {dnsPrefix: test}") },
    external: namesBelow("red.example", "test"),
  },
  { what: "an environment goes", changed: { "red/dev.yaml": null }, external: undefined },
  {
    what: "a plane has another domain",
    changed: { "red/plane.yaml": planeOf("red", `publicVirtualHost: crimson.example, ${shared}`) },
    external: namesBelow("crimson.example"),
  },
  {
    what: "a plane comes",
    changed: {
      "red/more.yaml": `${planeOf("red", `publicVirtualHost: more.example, ${shared}`, "more")}---\n${environment("red", "qa").replace("Ref: main", "Ref: more")}`,
    },
    external: [...namesBelow("red.example"), ...namesBelow("more.example", "qa")],
  },
  {
    what: "a plane goes elsewhere",
    changed: { "red/plane.yaml": planeOf("red", "publicVirtualHost: red.example") },
    external: undefined,
  },
  {
    what: "another organization is let in",
    changed: { "owner/plane.yaml": managed("blue, red") },
    external: namesBelow("red.example"),
    others: [blueExternal],
  },
  { what: "nobody is let in any more", changed: { "owner/plane.yaml": managed("") }, external: undefined },
  {
    what: "the owner names the certificate that there is",
    changed: { "owner/plane.yaml": managed("red", "https: {certificates: [{name: ready}]}") },
    external: undefined,
    owners: ["ready"],
  },
])("the certificates follow when $what", async ({ changed, external, others = [], owners }) => {
  const before = treeOf(rendered);
  await change(changed);
  expect(hosts(pathOf("red"))[redExternal]).toEqual(external);
  const guests = [...others, ...(external === undefined ? [] : [redExternal])];
  expect(secretsOf("gateway-external")).toEqual([...(owners ?? ["gateway-external-tls"]), ...guests]);
  const stays = rendered.releasesOf(owner).has(pathOf("red"));
  expect(treeOf(rendered, before).has(keyOf(pathOf("red")))).toBe(stays);
  await change(Object.fromEntries(Object.keys(changed).map((file) => [file, files[file] ?? null])));
  expect(treeOf(rendered)).toEqual(before);
});

test.each([
  { what: "an Environment", file: "red/dev.yaml", held: "an Environment" },
  { what: "the plane", file: "red/plane.yaml", held: "a DataPlane" },
])("while $what of who uses the gateways cannot be read, only its certificates stay", async ({ file, held }) => {
  await change({ "owner/plane.yaml": managed("red, blue"), "red/prod.yaml": environment("red", "prod") });
  const before = treeOf(rendered);
  const stricter = managed("red, blue", "https: {issuer: {name: ca}, minTLSVersion: '1.3'}, tcp: [5432]");
  const more = { "owner/plane.yaml": stricter, "blue/prod.yaml": environment("blue", "prod") };
  await change({ ...more, [file]: `${files[file] ?? ""}}: [\n` });
  const after = treeOf(rendered, before);
  expect(after.get(keyOf(pathOf("red")))).toBe(before.get(keyOf(pathOf("red"))));
  expect(nextPlaneTree(owner, [...rendered.releasesOf(owner).keys(), pathOf("red")], { rendered }).kept).toEqual(
    new Map([
      [
        pathOf("red"),
        `${file} cannot be used and may hold ${held} whose hosts stand in a certificate: yaml-syntax in ${file}:8`,
      ],
    ]),
  );
  expect(after.get(keyOf(ownPath))).toContain("minVersion: '1.3'");
  expect(hosts(pathOf("blue"))).toEqual({
    [blueExternal]: [...namesBelow("blue.example"), ...namesBelow("blue.example", "prod")],
  });
  // Its certificates are still presented.
  expect(secretsOf("gateway-external")).toEqual(["gateway-external-tls", redExternal, blueExternal]);
  expect(secretsOf("gateway-internal")?.[1]).toBe(redInternal);
  await change({ [file]: files[file] ?? null });
  expect(treeOf(rendered).get(keyOf(pathOf("red")))).toBe(before.get(keyOf(pathOf("red"))));
});

test("while an Environment of the owner cannot be read its gateways stay, and the certificates of others do not", async () => {
  const before = treeOf(rendered);
  await change({
    "owner/dev.yaml": `${files["owner/dev.yaml"] ?? ""}}: [\n`,
    "red/prod.yaml": environment("red", "prod"),
  });
  const after = treeOf(rendered, before);
  expect(after.get(keyOf(ownPath))).toBe(before.get(keyOf(ownPath)));
  expect(after.get(keyOf(pathOf("red")))).toContain("prod.red.example");
});

test("an Environment of the owner that cannot be read has not left its plane", async () => {
  await change({ "owner/dev.yaml": `${files["owner/dev.yaml"] ?? ""}# cart\n}: [\n` });
  const release = "releases/shop/dev/cart.yaml";
  const { kept } = nextPlaneTree(owner, [ownPath, release], { rendered });
  expect([...kept.keys()]).toEqual([ownPath, release]);
  expect(kept.get(ownPath)).toMatch(/^owner\/dev\.yaml cannot be used and may hold an Environment/);
});

test("what cannot be read of an organization that is not let in holds nothing up", async () => {
  await change({ "blue/dev.yaml": "kind: Environment\nmetadata: {name: dev\n" });
  expect(hosts(ownPath)).toEqual(own);
  expect(secretsOf("gateway-external")).toEqual(["gateway-external-tls", redExternal]);
});

test("an organization that asks for more names than a certificate takes is told, and no other waits", async () => {
  await change({ "red/dev.yaml": environments("red", 50) });
  expect(problems()).toEqual([]);
  const before = treeOf(rendered);
  await change({ "red/dev.yaml": environments("red", 51), "owner/prod.yaml": environment("owner", "prod") });
  expect(problems()).toEqual(
    (["external", "internal"] as const).map(
      (side) =>
        `error unsupported-value red/plane.yaml:7 a certificate takes 100 names, and organization red asks for 102 at gateway-${side}`,
    ),
  );
  const after = treeOf(rendered, before);
  expect(after.get(keyOf(pathOf("red")))).toBe(before.get(keyOf(pathOf("red"))));
  expect(after.get(keyOf(ownPath))).toContain("prod.apps.example");
  expect(nextPlaneTree(owner, [pathOf("red")], { rendered }).kept.get(pathOf("red"))).toBe(
    "they have a Problem and are not rendered anew",
  );
  expect(secretsOf("gateway-external")).toEqual(["gateway-external-tls", redExternal]);
});

test("an owner that asks for more names than a certificate takes is told, and no other waits", async () => {
  const before = treeOf(rendered);
  await change({ "owner/dev.yaml": environments("owner", 51), "red/prod.yaml": environment("red", "prod") });
  expect(problems()).toHaveLength(2);
  expect(problems()[0]).toBe(
    "error unsupported-value owner/plane.yaml:7 a certificate takes 100 names, and organization owner asks for 102 at gateway-external",
  );
  const after = treeOf(rendered, before);
  expect(after.get(keyOf(ownPath))).toBe(before.get(keyOf(ownPath)));
  expect(after.get(keyOf(pathOf("red")))).toContain("prod.red.example");
});

test("a name that is too long for a certificate is told where it comes from, and no other waits", async () => {
  const longest = `${"a".repeat(62)}.${"b".repeat(62)}.${"c".repeat(61)}.${"d".repeat(57)}`;
  const plane = planeOf("red", `publicVirtualHost: ${longest}, ${shared}`);
  await change({ "red/plane.yaml": plane, "red/dev.yaml": environment("red", "d1234") });
  expect(problems()).toEqual([]);
  expect(hosts(pathOf("red"))).toEqual({ [redExternal]: namesBelow(longest, "d1234") });
  const before = treeOf(rendered);
  await change({ "red/dev.yaml": environment("red", "d12345"), "owner/prod.yaml": environment("owner", "prod") });
  expect(problems()).toEqual([
    `error name-too-long red/dev.yaml:5 a certificate of gateway-external takes names of 253 characters, and *.d12345.${longest} has 254`,
  ]);
  const after = treeOf(rendered, before);
  expect(after.get(keyOf(pathOf("red")))).toBe(before.get(keyOf(pathOf("red"))));
  expect(after.get(keyOf(ownPath))).toContain("prod.apps.example");
});

test("what is below the owner's virtual host is the owner's to ask for", async () => {
  const below = planeOf("red", `publicVirtualHost: apps.example, ${shared}`);
  await change({ "red/plane.yaml": below });
  expect(hosts(pathOf("red"))).toEqual({});
  expect(secretsOf("gateway-external")).toEqual(["gateway-external-tls"]);
  expect(problems()).toEqual([]);
  await change({ "red/dev.yaml": environment("red", "qa") });
  expect(problems()).toEqual([
    "warning missing-virtual-host red/dev.yaml:5 no certificate of gateway-external is for qa.apps.example and *.qa.apps.example, which only organization owner asks for below its own virtual host",
  ]);
  const domains = "https: {issuer: {name: ca}}, domains: [qa.apps.example, '*.qa.apps.example']";
  await change({ "owner/plane.yaml": managed("red", domains) });
  expect(problems()).toEqual([]);
  expect(hosts(ownPath)["gateway-external-tls"]).toEqual([
    ...namesBelow("apps.example"),
    ...namesBelow("apps.example", "qa"),
  ]);
});

test("a domain of the owner's stands in the owner's certificate alone", async () => {
  const domains = "https: {issuer: {name: ca}}, domains: [dev.red.example]";
  await change({ "owner/plane.yaml": managed("red", domains) });
  expect(hosts(ownPath)["gateway-external-tls"]).toEqual([...namesBelow("apps.example"), "dev.red.example"]);
  expect(hosts(pathOf("red"))).toEqual({ [redInternal]: namesBelow("red.inner") });
  const asked =
    "error host-conflict red/dev.yaml:5 organization red would be found at dev.red.example and below it, and dev.red.example is organization owner's at the gateways of data.owner.main";
  expect(problems()).toEqual([asked]);
  await change({ "owner/plane.yaml": managed("red", `${domains}, guestDomains: {red: [dev.red.example]}`) });
  // Both have it, and one certificate.
  expect(problems()).toEqual([]);
  expect(hosts(pathOf("red"))[redExternal]).toEqual(["*.dev.red.example"]);
});

test("a virtual host that two organizations say is that of the earlier, and the later's certificate stays", async () => {
  await change({ "owner/plane.yaml": managed("red, blue") });
  const before = treeOf(rendered);
  await change({
    "red/plane.yaml": planeOf("red", `publicVirtualHost: blue.example, ${shared}`),
    "blue/prod.yaml": environment("blue", "prod"),
  });
  expect(problems()).toEqual([
    "error host-conflict blue/plane.yaml:7 organization red comes before blue at gateway-external of data.owner.main and has the virtual host blue.example in its certificate",
  ]);
  const after = treeOf(rendered, before);
  expect(hosts(pathOf("red"))).toEqual({ [redExternal]: namesBelow("blue.example") });
  expect(after.get(keyOf(pathOf("blue")))).toBe(before.get(keyOf(pathOf("blue"))));
});

test("gateways whose owner has no hosts present the certificates of others alone", async () => {
  await change({ "owner/dev.yaml": null });
  expect(hosts(ownPath)).toEqual({});
  expect(secretsOf("gateway-external")).toEqual([redExternal]);
  await change({ "red/dev.yaml": null });
  expect(secretsOf("gateway-external")).toEqual(["gateway-external-tls"]);
});
