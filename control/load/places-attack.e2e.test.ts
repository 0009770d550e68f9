/** Who may write where, seen from the tenant who owns one folder and writes whatever he likes in it. */

import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planeKey, type PlaneId } from "../../schemas/layout.ts";
import type { ParseCache } from "./load.ts";
import { nextPlaneTree } from "../publish/plane-tree.ts";
import type { Rendered } from "../render-specs.ts";
import { doc, type Files, owner, renderFilesOf, service, surroundings } from "../specs-fixture.contract.ts";

const organizationB: PlaneId = { kind: "data", organization: "b", name: "eu" };

/** The document, of an organization. */
function of(organization: string, text: string): string {
  return text.includes("kind: Organization")
    ? text.replace("name: default", `name: ${organization}`)
    : text.replace("metadata:\n", `metadata:\n  namespace: ${organization}\n`);
}

function file(organization: string, documents: readonly string[]): string {
  return documents.map((text) => of(organization, text)).join("---\n");
}

type Entry = readonly [path: string, organizations: readonly string[], kinds?: readonly string[]];

function placesFile(...entries: readonly Entry[]): string {
  const places = entries.map(([path, organizations, kinds = ["*"]]) => ({ path, organizations, kinds }));
  return `apiVersion: openchoreo.dev/v1alpha1\nkind: Places\nplaces: ${JSON.stringify(places)}\n`;
}

const platform: Entry = ["platform", ["*"]];
const teamA: Entry = ["teams/a", ["a"]];
const teamB: Entry = ["teams/b", ["b"]];
const places = placesFile(platform, teamA, teamB);

const binding = (component: string, environment: string): string =>
  doc(
    "ServiceBinding",
    `${component}-${environment}`,
    `${owner(component)}  environment: ${environment}\n  workloadSpec:\n    containers:\n      main:\n        image: registry.example/app:old`,
  );

const base: Files = new Map([
  ["gitplane.yaml", places],
  ["platform/a.yaml", file("a", surroundings)],
  ["platform/b.yaml", file("b", surroundings)],
  ["teams/a/cart.yaml", file("a", service("cart"))],
  ["teams/b/cart.yaml", file("b", [...service("cart"), binding("cart", "prod")])],
]);

/** What stands in b's plane: `pay` too, which b has just removed from its folder. */
const present = ["dev", "prod"].flatMap((environment) => [
  `cells/shop/${environment}.yaml`,
  ...["cart", "pay"].map((component) => `releases/shop/${environment}/${component}.yaml`),
]);

/** All that becomes of b. */
function outcomeOf(rendered: Rendered) {
  const planes = rendered.planes.map(planeKey).filter((key) => key.startsWith("data.b."));
  return { planes, stop: rendered.stop, ...nextPlaneTree(organizationB, present, { rendered }) };
}

const cache: ParseCache = new Map();

async function render(files: Files, changes: Record<string, string | { link: "symlink" } | undefined> = {}) {
  const all = new Map<string, string | Uint8Array | { link: "symlink" | "submodule" }>(files);
  for (const [path, content] of Object.entries(changes)) {
    if (content === undefined) all.delete(path);
    else all.set(path, content);
  }
  return renderFilesOf(all, cache);
}

const payOfB = [...service("pay"), binding("pay", "prod")];
const pays = ["releases/shop/dev/pay.yaml", "releases/shop/prod/pay.yaml"];
const misplaced = (count: number): readonly string[] => Array.from({ length: count }, () => "misplaced-document");

test("without an attack b's removal is decided, and b's Releases are rendered", async () => {
  const { removed, kept, files } = outcomeOf(await render(base));
  expect({ removed, kept: [...kept.keys()], files: [...files.keys()].toSorted() }).toEqual({
    removed: pays,
    kept: [],
    files: [
      "cells/shop/dev.yaml",
      "cells/shop/prod.yaml",
      "plane.yaml",
      "releases/shop/dev/cart.yaml",
      "releases/shop/prod/cart.yaml",
    ],
  });
});

test.for<{ attack: string; files: Record<string, string | { link: "symlink" }>; codes: readonly string[] }>([
  { attack: "b's documents, whole", files: { "x.yaml": file("b", payOfB) }, codes: misplaced(4) },
  {
    attack: "b's Organization, plane, environments and classes again",
    files: { "x.yaml": file("b", surroundings) },
    codes: misplaced(surroundings.length),
  },
  {
    attack: "a class of b, in a file with documents of its own",
    files: { "x.yaml": `${file("a", service("web"))}---\n${of("b", doc("ServiceClass", "default", ""))}` },
    codes: misplaced(1),
  },
  {
    attack: "a Binding that would undeploy b's",
    files: {
      "x.yaml": of("b", binding("cart", "prod").replace("spec:\n", "spec:\n  releaseState: Undeploy\n")),
    },
    codes: misplaced(1),
  },
  {
    attack: "b's documents in a file that is no YAML",
    files: { "x.yaml": `${file("b", payOfB)}- [\n` },
    codes: ["yaml-syntax", "yaml-syntax"],
  },
  { attack: "escapes that could spell any name", files: { "x.yaml": 'x: "\\x70ay"\n' }, codes: ["foreign-document"] },
  { attack: "a text that was cut off", files: { "x.yaml": "pay" }, codes: ["foreign-document"] },
  {
    attack: "a Binding of b's component that does not read",
    files: { "x.yaml": `${of("b", binding("cart", "dev"))}  x: 1\n` },
    codes: ["schema"],
  },
  { attack: "a link", files: { "x.yaml": { link: "symlink" } }, codes: ["symlink"] },
  {
    attack: "documents of no organization that is known",
    files: { "x.yaml": file("ghost", payOfB) },
    codes: misplaced(4),
  },
  { attack: "documents of no organization", files: { "x.yaml": payOfB.join("---\n") }, codes: misplaced(4) },
  {
    attack: "rules and an ignore list of its own",
    files: {
      "gitplane.yaml": placesFile(["teams/a", ["*"]]),
      ".gitplaneignore": "*.yaml\n",
      "x.yaml": file("b", payOfB),
    },
    codes: ["foreign-document", ...misplaced(4)],
  },
  {
    attack: "a frozen class in a folder of that name",
    files: { ".gitplane/frozen/x.yaml": of("b", doc("ServiceClass", "default", "")) },
    codes: [],
  },
  {
    attack: "its own documents, of one name with b's and without an owner",
    files: { "x.yaml": file("a", payOfB.slice(1)) },
    codes: ["unknown-component", "unknown-component"],
  },
  {
    attack: "its own documents twice, of one name with b's",
    files: { "x.yaml": file("a", payOfB), "y.yaml": file("a", payOfB) },
    codes: Array.from({ length: 8 }, () => "duplicate-identity"),
  },
  {
    attack: "what makes the platform team's documents of its own organization useless",
    files: { "x.yaml": file("a", surroundings) },
    codes: Array.from({ length: 2 * surroundings.length }, () => "duplicate-identity"),
  },
])("$attack: nothing of b changes", async ({ files, codes }) => {
  const attacked = await render(
    base,
    Object.fromEntries(Object.entries(files).map(([path, content]) => [`teams/a/${path}`, content])),
  );
  const found = attacked.problems.filter(({ severity }) => severity === "error");
  expect({ outcome: outcomeOf(attacked), codes: found.map(({ code }) => code).toSorted() }).toEqual({
    outcome: outcomeOf(await render(base)),
    codes: codes.toSorted(),
  });
});

test("what a leaves out of its folder makes the platform team's placements of it hold back nothing of b", async () => {
  const placed = { "platform/placements.yaml": of("a", binding("pay", "prod")) };
  const whole = await render(base, { ...placed, "teams/a/pay.yaml": file("a", service("pay")) });
  const without = await render(base, placed);
  expect(outcomeOf(without)).toEqual(outcomeOf(whole));
  expect(outcomeOf(without).removed).toEqual(pays);
});

test("a placement of an organization that nobody knows may be misspelt, and holds back what it names", async () => {
  const { removed, kept } = outcomeOf(await render(base, { "platform/x.yaml": of("bb", binding("pay", "prod")) }));
  expect({ removed, kept: [...kept.keys()] }).toEqual({ removed: [], kept: pays });
});

test("a host that another organization's web application claims too stays b's", async () => {
  const web = (organization: string, project: string, name: string): string =>
    [
      doc("Project", project, "  deploymentPipelineRef: line"),
      doc("Component", name, `  owner:\n    projectName: ${project}\n  type: WebApplication`),
      doc(
        "Workload",
        name,
        `  owner:\n    projectName: ${project}\n    componentName: ${name}\n  containers:\n    main:\n      image: x/y:1\n  endpoints:\n    http:\n      type: HTTP\n      port: 80`,
      ),
      doc(
        "WebApplication",
        name,
        `  owner:\n    projectName: ${project}\n    componentName: ${name}\n  workloadName: ${name}`,
      ),
    ]
      .map((text) => of(organization, text))
      .join("---\n");
  const files = new Map([
    ...base,
    ["gitplane.yaml", placesFile(platform, ["teams/a", ["x-b"]], teamB)],
    ["platform/x-b.yaml", file("x-b", surroundings)],
    ["teams/a/cart.yaml", "# nothing\n"],
    ["teams/b/web.yaml", web("b", "x", "web-y")],
  ]);
  // web-y of project x in b, and web of project y in x-b: both are web-y-x-b.
  const attacked = await render(files, { "teams/a/web.yaml": web("x-b", "y", "web") });
  expect(outcomeOf(attacked)).toEqual(outcomeOf(await render(files)));
  const clashes = attacked.problems.filter(({ code }) => code === "host-conflict");
  expect(clashes.map(({ severity, place }) => `${severity} ${place.file}`)).toEqual([
    "warning teams/a/web.yaml",
    "warning teams/b/web.yaml",
  ]);
});

const cartsOf = (paths: readonly string[]): readonly string[] => paths.filter((path) => path.endsWith("cart.yaml"));
const claimKinds = ["Component", "Workload", "Service"];

test.for<{ edit: string; text: string; lost?: readonly string[]; codes?: readonly string[]; stop?: string }>([
  { edit: "b's entry removed", text: placesFile(platform, teamA), codes: misplaced(4) },
  {
    edit: "b's folder misspelt",
    text: placesFile(platform, teamA, ["teams/bb", ["b"]]),
    codes: ["invalid-places", ...misplaced(4)],
  },
  {
    edit: "b's folder in another case",
    text: placesFile(platform, teamA, ["Teams/b", ["b"]]),
    codes: ["invalid-places", ...misplaced(4)],
  },
  { edit: "a kind left out", text: placesFile(platform, teamA, ["teams/b", ["b"], claimKinds]), codes: misplaced(1) },
  {
    edit: "the kinds of claims left out",
    text: placesFile(platform, teamA, ["teams/b", ["b"], ["ServiceBinding"]]),
    codes: misplaced(3),
  },
  {
    edit: "b's organization misspelt",
    text: placesFile(platform, teamA, ["teams/b", ["bb"], claimKinds]),
    codes: ["invalid-places"],
    stop: "who may write where cannot be told while gitplane.yaml:3:121 is wrong: there is no Organization bb",
  },
  {
    edit: "the platform team's entry removed",
    text: placesFile(teamA, teamB),
    codes: misplaced(2 * surroundings.length),
  },
  {
    edit: "b not named anywhere",
    text: placesFile(["platform", ["a"]], teamA, ["teams/b", ["a"]]),
    codes: misplaced(surroundings.length + 4),
  },
  {
    edit: "b's folder given to a, which makes what stands there a's word",
    text: placesFile(platform, teamA, ["teams/b", ["a"]]),
    codes: misplaced(4),
    lost: ["releases/shop/dev/cart.yaml", "releases/shop/prod/cart.yaml"],
  },
])("an edit of gitplane.yaml, $edit", async ({ text, lost = [], codes, stop }) => {
  const rendered = await render(base, { "gitplane.yaml": text });
  const { removed } = outcomeOf(rendered);
  const places = rendered.problems.filter(({ code }) => code === "misplaced-document" || code === "invalid-places");
  expect({
    lost: rendered.stop === undefined ? cartsOf(removed) : [],
    codes: places.map(({ code }) => code),
    stop: rendered.stop,
  }).toEqual({ lost, codes, stop });
});

test("what cannot be read where no place is may be the platform team's, and holds back whom it names", async () => {
  const { removed, kept } = outcomeOf(await render(base, { "else/x.yaml": "- [ pay\n" }));
  expect({ removed, kept: [...kept.keys()] }).toEqual({ removed: [], kept: pays });
});

/** Whatever a tenant may put in a file: documents of any kind, organization and name, and what is left of them when broken. */
const names = ["cart", "pay", "shop", "eu", "dev", "prod", "line", "default", "b"] as const;
const anyDocument = fc
  .record({
    text: fc.oneof(
      fc.constantFrom(...surroundings, ...service("cart"), ...payOfB, binding("cart", "dev"), binding("cart", "prod")),
      fc
        .record({
          kind: fc.constantFrom("Environment", "ServiceClass", "DataPlane", "Nothing"),
          name: fc.constantFrom(...names),
        })
        .map(({ kind, name }) => doc(kind, name, kind === "Environment" ? "  dataPlaneRef: eu" : "")),
    ),
    organization: fc.constantFrom("a", "a", "b", "c", "default"),
  })
  .map(({ text, organization }) => of(organization, text));
const anyText = fc.oneof(
  fc.array(anyDocument, { minLength: 1, maxLength: 4 }).map((documents) => documents.join("---\n")),
  fc.tuple(anyDocument, fc.nat(120)).map(([text, end]) => text.slice(0, end)),
  fc
    .tuple(anyDocument, fc.constantFrom("- [\n", "  x: 1\n", '---\n"\\x70ay"\n', "\0", "*a\n"))
    .map((parts) => parts.join("")),
);
const anyContent = fc.oneof(
  { weight: 5, arbitrary: anyText },
  { weight: 1, arbitrary: fc.constant({ link: "symlink" as const }) },
);
const anyPath = fc.constantFrom(
  "cart.yaml",
  "x.yaml",
  "deep/y.yml",
  "gitplane.yaml",
  ".gitplaneignore",
  "a.yaml",
  "link",
);
const anyFolder = fc.dictionary(anyPath, anyContent, { maxKeys: 4 });
const anyKinds = fc.constantFrom(["*"], claimKinds, [...claimKinds, "ServiceBinding"], ["Organization", "Environment"]);

const anyPlatform = fc.record({
  kindsOfA: anyKinds,
  /** Written by b, and by the platform team beside what is sound. */
  folderOfB: fc.dictionary(fc.constantFrom("x.yaml", "y.yaml"), anyText, { maxKeys: 2 }),
  extra: fc.option(anyText, { nil: undefined }),
  drop: fc.option(fc.constantFrom("teams/b/cart.yaml", "platform/b.yaml"), { nil: undefined }),
});

test("whatever a writes in its place, b's trees and removals are what they are without it", async () => {
  let differing = 0;
  await fc.assert(
    fc.asyncProperty(anyPlatform, anyFolder, async ({ kindsOfA, folderOfB, extra, drop }, folderOfA) => {
      const files = new Map<string, string | Uint8Array | { link: "symlink" | "submodule" }>(base);
      files.set("gitplane.yaml", placesFile(platform, ["teams/a", ["a"], kindsOfA], teamB));
      files.delete("teams/a/cart.yaml");
      for (const [path, text] of Object.entries(folderOfB)) files.set(`teams/b/${path}`, text);
      if (extra !== undefined) files.set("platform/x.yaml", extra);
      if (drop !== undefined) files.delete(drop);
      const alone = outcomeOf(await render(files));
      for (const [path, content] of Object.entries(folderOfA)) files.set(`teams/a/${path}`, content);
      expect(outcomeOf(await render(files))).toEqual(alone);
      files.delete("gitplane.yaml");
      if (!isDeepStrictEqual(outcomeOf(await render(files)), alone)) differing += 1;
    }),
    { numRuns: 100 },
  );
  // Without the file many of these folders do change b: the property is not one of harmless documents.
  expect(differing).toBeGreaterThan(15);
});
