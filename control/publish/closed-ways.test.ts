/** What an owner takes back of who may reach an endpoint, while the caller's Release stays as it was. */
import { describe, expect, test } from "vitest";
import type { Admissions } from "../../schemas/admissions.ts";
import { readWays } from "../render/read-ways.ts";
import { doc, renderFilesOf, service, surroundings, treeOf } from "../specs-fixture.contract.ts";
import { decideAbsent, noFacts } from "./plane-tree.ts";

const eu = { kind: "data", organization: "default", name: "eu" } as const;
const release = "releases/shop/dev/cart.yaml";
const apis = (levels: string): string =>
  `  apis: {api: {type: REST, rest: {backend: {port: 80}, exposeLevels: [${levels}]}}}\n`;
const endpoints = "  endpoints: {api: {type: REST, port: 80}, admin: {type: HTTP, port: 90}}\n";
const to = (project: string, component: string): string =>
  `{type: api, params: {projectName: ${project}, componentName: ${component}, endpoint: api}, inject: {env: []}}`;
const connections = `  connections: {own: ${to("shop", "audit")}, other: ${to("store", "stock")}, third: ${to("depot", "gate")}}\n`;

type Edit = readonly [path: string, from: string, to: string];

function filesOf(edits: readonly Edit[] = []): ReadonlyMap<string, string> {
  const inProject = (project: string, documents: readonly string[]): string =>
    documents.map((text) => text.replace("projectName: shop", `projectName: ${project}`)).join("---\n");
  const projects = ["store", "depot"].map((name) => doc("Project", name, "  deploymentPipelineRef: line"));
  const files = new Map([
    ["platform.yaml", [...surroundings, ...projects].join("---\n")],
    ["cart.yaml", inProject("shop", service("cart", { workload: connections }))],
    ["audit.yaml", inProject("shop", service("audit", { workload: endpoints }))],
    ["stock.yaml", inProject("store", service("stock", { workload: endpoints, claim: apis("Organization") }))],
    ["gate.yaml", inProject("depot", service("gate", { workload: endpoints, claim: apis("Public") }))],
  ]);
  for (const [path, from, text] of edits) {
    const before = files.get(path) ?? "";
    if (!before.includes(from)) throw new Error(`${path} does not say ${from}`);
    files.set(path, before.replace(from, text));
  }
  return files;
}

type Tree = ReadonlyMap<string, string>;

async function treeAfter(before: Tree, ...edits: readonly Edit[]): Promise<Tree> {
  return treeOf(await renderFilesOf(filesOf(edits)), before);
}

/** Targets that the cart's Release on the plane lets itself in at. */
function openIn(tree: Tree, plane = "eu"): readonly string[] {
  const text = tree.get(`data.default.${plane}/${release}`) ?? "";
  return [...text.matchAll(/- id: \S+\/from-shop-cart-to-(\w+)-80-tcp-/g)].map(([, target = ""]) => target);
}

/** Its lines without those of ways in. */
function restOf(tree: Tree): readonly string[] {
  const parts = (tree.get(`data.default.eu/${release}`) ?? "").split(/^(?= *- id: )/m);
  return parts.filter((part) => !part.includes("/from-shop-cart-to-")).map((part) => part.trimEnd());
}

const hidden: Edit = ["stock.yaml", apis("Organization"), apis("Project")];
const broken: Edit = ["cart.yaml", "workloadName: cart", "workloadName: crt"];
const newer: Edit = ["cart.yaml", "registry.example/app:1", "registry.example/app:2"];

describe("a Release that stays as it was", () => {
  test.each<{ what: string; edits: readonly Edit[]; open: readonly string[] }>([
    { what: "whose target is kept to its project", edits: [hidden, newer], open: ["audit", "gate"] },
    {
      what: "whose target has no API any more",
      edits: [["stock.yaml", apis("Organization"), ""]],
      open: ["audit", "gate"],
    },
    {
      what: "whose target has no endpoint there any more",
      edits: [
        ["stock.yaml", "{api: {type: REST, port: 80}, admin", "{admin"],
        ["stock.yaml", apis("Organization"), ""],
      ],
      open: ["audit", "gate"],
    },
    {
      what: "whose target is seen at another port, and by another protocol",
      edits: [
        ["stock.yaml", "admin: {type: HTTP, port: 90}", "admin: {type: REST, port: 90}, dns: {type: UDP, port: 80}"],
        [
          "stock.yaml",
          apis("Organization"),
          apis("Project").replace(
            /}\n$/,
            ", admin: {type: REST, rest: {backend: {port: 90}, exposeLevels: [Public]}}, dns: {type: UDP, gatewayPort: 5353, exposeLevels: [Public]}}\n",
          ),
        ],
      ],
      open: ["audit", "gate"],
    },
    { what: "for a mistake of its own, beside a hidden target", edits: [hidden, broken], open: ["audit", "gate"] },
    {
      what: "as its file is spoiled, beside a hidden target",
      edits: [hidden, ["cart.yaml", "spec:\n", "spec: [\n"]],
      open: ["audit", "gate"],
    },
    {
      what: "whose target is hidden and has a mistake too",
      edits: [hidden, ["stock.yaml", "workloadName: stock\n", "workloadName: stock\n  className: none\n"]],
      open: ["audit", "gate"],
    },
    { what: "for a mistake of its own", edits: [broken, newer], open: ["audit", "gate", "stock"] },
    {
      what: "while its target's file is spoiled",
      edits: [hidden, ["stock.yaml", "spec:\n", "spec: [\n"]],
      open: ["audit", "gate", "stock"],
    },
    {
      what: "whose target another endpoint at the port is seen of",
      edits: [
        ["stock.yaml", "admin: {type: HTTP, port: 90}", "also: {type: REST, port: 80}"],
        ["stock.yaml", apis("Organization"), apis("Organization").replace("{api:", "{also:")],
      ],
      open: ["audit", "gate", "stock"],
    },
  ])("$what lets itself in at $open, and is else the same", async ({ edits, open }) => {
    const before = await treeAfter(new Map());
    expect(openIn(before).toSorted()).toEqual(["audit", "gate", "stock"]);
    const rendered = await renderFilesOf(filesOf(edits));
    expect(rendered.releases.map(({ path }) => path)).not.toContain(release);
    const after = treeOf(rendered, before);
    expect(openIn(after).toSorted()).toEqual(open);
    expect(restOf(after)).toEqual(restOf(before));
    expect(Object.fromEntries(treeOf(rendered, after))).toEqual(Object.fromEntries(after));
  });

  test("is handed over with all that it has", async () => {
    const before = await treeAfter(new Map());
    const ways = new Map([[release, readWays(release, before.get(`data.default.eu/${release}`) ?? "")]]);
    const us = doc("DataPlane", "us", "  gateway: {organizationVirtualHost: us.inner, publicVirtualHost: us.example}");
    const rendered = await renderFilesOf(
      filesOf([
        hidden,
        ["cart.yaml", `, other: ${to("store", "stock")}`, ""],
        ["platform.yaml", "name: dev\nspec:\n  dataPlaneRef: eu", "name: dev\nspec:\n  dataPlaneRef: us"],
        ["platform.yaml", "apiVersion", `${us}---\napiVersion`],
      ]),
    );
    const receipts = "c".repeat(40);
    const handed = { decision: "handed", handedTo: "data/default/us", clusterUid: "u", receipts } as const;
    const closedBy = (paths: Admissions["paths"]): readonly string[] => {
      const facts = { ...noFacts, ways, before: { format: 1, paths } as const };
      return [...decideAbsent(eu, [release], { rendered, facts }).closed.keys()];
    };
    expect(closedBy({})).toEqual([release]);
    expect(closedBy({ [release]: handed })).toEqual([]);
  });

  test("is whole again once its target is to be seen, and gets nothing back before it is mended", async () => {
    const before = await treeAfter(new Map());
    const narrow = await treeAfter(before, hidden);
    expect(Object.fromEntries(await treeAfter(narrow))).toEqual(Object.fromEntries(before));
    const wide = await treeAfter(await treeAfter(narrow, hidden, broken), broken);
    expect(openIn(wide).toSorted()).toEqual(["audit", "gate"]);
  });

  test("is closed on each plane of its environment, by policies of either kind", async () => {
    const us = doc("DataPlane", "us", "  networkPolicy: Kubernetes");
    const wide: readonly Edit[] = [
      ["platform.yaml", "name: dev\nspec:\n  dataPlaneRef: eu", "name: dev\nspec:\n  dataPlaneRefs: [eu, us]"],
      ["platform.yaml", "apiVersion", `${us}---\napiVersion`],
    ];
    const before = await treeAfter(new Map(), ...wide);
    const after = await treeAfter(before, ...wide, hidden);
    for (const plane of ["eu", "us"]) {
      expect(openIn(before, plane).toSorted()).toEqual(["audit", "gate", "stock"]);
      expect(openIn(after, plane).toSorted()).toEqual(["audit", "gate"]);
    }
  });
});
