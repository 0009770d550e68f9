/** Which Releases leave a plane that they moved from, and in which order, by who connects to whom. */
import { beforeAll, describe, expect, test } from "vitest";
import { Admissions } from "../../schemas/admissions.ts";
import type { PlaneId } from "../../schemas/layout.ts";
import { readStateYaml } from "../../schemas/state-yaml.ts";
import type { Rendered } from "../engine/rendered.ts";
import { readWays } from "../render/read-ways.ts";
import { doc, endpointOf, renderFilesOf, service, surroundings, treeOf } from "../specs-fixture.contract.ts";
import type { Ways } from "./closed-ways.ts";
import { decideAbsent, noFacts } from "./plane-tree.ts";

const eu: PlaneId = { kind: "data", organization: "default", name: "eu" };
const homes: Readonly<Record<string, string>> = {
  web: "shop",
  cart: "shop",
  stock: "store",
  left: "shop",
  right: "store",
  work: "shop",
};
/** `web` and `work` connect to `cart`, that to `stock`; `left` and `right` connect to each other. */
const targets: Readonly<Record<string, string>> = {
  web: "cart",
  work: "cart",
  cart: "stock",
  left: "right",
  right: "left",
};
const pathOf = (component: string): string => `releases/${homes[component] ?? ""}/dev/${component}.yaml`;

function component(name: string): string {
  const target = targets[name];
  const to =
    target === undefined
      ? ""
      : `  connections: {to: {type: api, params: {projectName: ${homes[target] ?? ""}, componentName: ${target}, endpoint: api}, inject: {env: []}}}\n`;
  const claim = "  apis: {api: {type: REST, rest: {backend: {port: 80}, exposeLevels: [Organization]}}}\n";
  return service(name, { workload: `${endpointOf("api", "REST", 80)}${to}`, claim })
    .map((text) => text.replace("projectName: shop", `projectName: ${homes[name] ?? ""}`))
    .join("---\n");
}

const host = "  gateway:\n    publicVirtualHost: us.example\n    organizationVirtualHost: us.inner.example";
const files = new Map([
  ["platform.yaml", surroundings.join("---\n")],
  ["more.yaml", [doc("DataPlane", "us", host), doc("Project", "store", "  deploymentPipelineRef: line")].join("---\n")],
  ...Object.keys(homes).map((name): [string, string] => [`${name}.yaml`, component(name)]),
]);
const moved: readonly [string, string] = [
  "name: dev\nspec:\n  dataPlaneRef: eu",
  "name: dev\nspec:\n  dataPlaneRef: us",
];

const movedPlatform = (files.get("platform.yaml") ?? "").replace(...moved);

let present: readonly string[];
let ways: Ways;
let rendered: Rendered;

async function renderMoved(edits: Readonly<Record<string, readonly [string, string]>> = {}): Promise<Rendered> {
  const next = new Map(files);
  for (const [path, [from, to]] of Object.entries({ "platform.yaml": moved, ...edits }))
    next.set(path, (next.get(path) ?? "").replace(from, to));
  return renderFilesOf(next);
}

beforeAll(async () => {
  const prefix = "data.default.eu/";
  const tree = [...treeOf(await renderFilesOf(files))].filter(([key]) => key.startsWith(prefix));
  const texts = new Map(tree.map(([key, text]) => [key.slice(prefix.length), text]));
  present = [...texts.keys()].filter((path) => path.startsWith("releases/"));
  ways = new Map(present.map((path) => [path, readWays(path, texts.get(path) ?? "")]));
  rendered = await renderMoved();
});

/** What becomes of them where these are well on the other plane. */
function decide(arrived: readonly string[], { by = rendered, before = undefined as Admissions | undefined } = {}) {
  const seen = new Map([["data.default.us", "c".repeat(40)]]);
  const arrivals = new Map(arrived.map((name) => [pathOf(name), seen]));
  const decided = decideAbsent(eu, present, { rendered: by, facts: { ...noFacts, arrivals, ways, before } });
  const entries = Object.entries(Admissions.parse(readStateYaml(decided.admissions ?? "format: 1\npaths: {}")).paths);
  const name = (path: string): string => path.replace(/^.*\/|\.yaml$/g, "");
  return {
    removed: decided.removed.map(name).toSorted(),
    reasons: Object.fromEntries(Array.from(decided.kept, ([path, reason]) => [name(path), reason])),
    callers: Object.fromEntries(
      entries.flatMap(([path, entry]) =>
        entry.decision === "kept" && entry.caller !== undefined ? [[name(path), name(entry.caller)]] : [],
      ),
    ),
  };
}

const awaited = "waits for data/default/us, where it moved to, to report it healthy";
const waits = (caller: string): string =>
  `waits for ${caller} of project ${homes[caller] ?? ""}, which connects to it, to leave first`;
const all = ["cart", "left", "right", "stock", "web", "work"];

describe("of what moved to another plane", () => {
  test.each([
    {
      what: "a caller leaves before its target",
      arrived: ["web"],
      removed: ["web"],
      reasons: { cart: awaited, stock: awaited, left: awaited, right: awaited, work: awaited },
    },
    {
      what: "a target waits for its caller, and so does what that one connects to, in whatever cell",
      arrived: ["cart", "stock"],
      removed: [],
      reasons: { web: awaited, work: awaited, cart: waits("web"), stock: waits("cart"), left: awaited, right: awaited },
    },
    {
      what: "a target waits for the last of its callers",
      arrived: ["cart", "stock", "web", "left", "right"],
      removed: ["left", "right", "web"],
      reasons: { work: awaited, cart: waits("work"), stock: waits("cart") },
    },
    {
      what: "one that never arrives holds up nothing but what it connects to",
      arrived: ["cart", "stock", "web", "left", "work"],
      removed: ["cart", "stock", "web", "work"],
      reasons: { right: awaited, left: waits("right") },
    },
    {
      what: "callers of each other leave together",
      arrived: ["left", "right"],
      removed: ["left", "right"],
      reasons: { web: awaited, cart: awaited, stock: awaited, work: awaited },
    },
    { what: "all leave at once where all have arrived", arrived: all, removed: all, reasons: {} },
  ])("$what", ({ arrived, removed, reasons }) => {
    const decided = decide(arrived);
    expect(decided).toMatchObject({ removed, reasons });
    expect(Object.keys(decided.reasons).toSorted()).toEqual(Object.keys(reasons).toSorted());
  });

  test("the caller that is waited for is noted from the start, so that an arrival makes no commit of its own", () => {
    const callers = { cart: "web", stock: "cart", left: "right", right: "left" };
    expect(decide([]).callers).toEqual(callers);
    expect(decide(["cart", "stock"]).callers).toEqual(callers);
    expect(decide(["web"]).callers).toEqual({ ...callers, cart: "work" });
    expect(decide(["web", "work"]).callers).toEqual({ stock: "cart", left: "right", right: "left" });
  });

  test("a caller that cannot be rendered holds its target too, for it runs there yet and is to move", async () => {
    const by = await renderMoved({ "web.yaml": ["workloadName: web", "workloadName: none"] });
    expect(decide(["cart", "stock", "left", "right"], { by })).toMatchObject({
      removed: ["left", "right"],
      reasons: { cart: waits("web"), stock: waits("cart") },
    });
  });

  test("what is taken out of the specs waits for no caller", async () => {
    const by = await renderFilesOf(new Map([...files, ["stock.yaml", ""], ["platform.yaml", movedPlatform]]));
    const decided = decide([], { by });
    expect(decided.removed).toEqual(["stock"]);
    expect(decided.reasons["cart"]).toContain("unknown-target");
  });

  test("a caller that is shut out holds nothing", async () => {
    const by = await renderMoved({ "stock.yaml": ["exposeLevels: [Organization]", "exposeLevels: [Project]"] });
    const decided = decide(["stock"], { by });
    expect(decided.removed).toEqual(["stock"]);
    expect(decided.reasons["cart"]).toContain("invisible-target");
  });

  test("what is handed over where it stands waits for no caller", () => {
    const handed = {
      decision: "handed",
      handedTo: "data/default/us",
      clusterUid: "u",
      receipts: "c".repeat(40),
    } as const;
    const before = { format: 1, paths: { [pathOf("cart")]: handed } } as const;
    expect(decide(["cart"], { before }).removed).toEqual(["cart"]);
  });

  test("a caller that the specs keep on the plane holds nothing that its own Project's regions took away", async () => {
    const by = await renderFilesOf(
      new Map([
        ...files,
        [
          "platform.yaml",
          (files.get("platform.yaml") ?? "")
            .replace(moved[0], "name: dev\nspec:\n  dataPlaneRefs: [eu, us]")
            .replace("name: eu\nspec:\n", "name: eu\nspec:\n  region: eu-west\n"),
        ],
        [
          "more.yaml",
          (files.get("more.yaml") ?? "")
            .replace("name: us\nspec:\n", "name: us\nspec:\n  region: us-east\n")
            .replace("Ref: line", "Ref: line\n  regions: [us-east]"),
        ],
      ]),
    );
    const decided = decide(["stock"], { by });
    expect(decided.reasons["cart"]).toContain("unknown-target");
    expect(decided.removed).toContain("stock");
  });
});
