/** An Environment over several DataPlanes: a Release on each, what may differ there, and what may not be there. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { PlaneId } from "../schemas/layout.ts";
import type { Problem } from "../schemas/problem.ts";
import { Engine } from "./engine/engine.ts";
import { chooseRelease } from "./explain/choose-release.ts";
import { explainRelease } from "./explain/explain.ts";
import { catalogueOf } from "./fleet/catalogue.ts";
import type { ReleaseStatus } from "./fleet/release-status.ts";
import { Unrendered } from "./fleet/unrendered.ts";
import { type Absences, decideAbsent, nextPlaneTree, noFacts } from "./publish/plane-tree.ts";
import { type Rendered, renderSpecs } from "./render-specs.ts";
import { goneFrom, loadFiles, readTexts, renderFilesOf, repositoryRoot, treeOf } from "./specs-fixture.contract.ts";

let texts: ReadonlyMap<string, string>;
beforeAll(async () => {
  texts = await readTexts(join(repositoryRoot, "fixtures", "regions"));
});

const us: PlaneId = { kind: "data", organization: "acme", name: "us" };
const cell = "cells/shop/production.yaml";
const stock = "releases/shop/production/stock.yaml";
const store = "releases/shop/production/store.yaml";

type Edit = readonly [from: string, to: string];

/** The fixture with other texts, each of which stands in it. */
function edited(...edits: readonly Edit[]): ReadonlyMap<string, string> {
  const files = new Map(texts);
  for (const [from, to] of edits) {
    const [path, text] = [...files].find(([, content]) => content.includes(from)) ?? ["", ""];
    if (path === "") throw new Error(`nothing says ${from}`);
    files.set(path, text.replace(from, to));
  }
  return files;
}

async function renderEdited(...edits: readonly Edit[]): Promise<Rendered> {
  return renderFilesOf(edited(...edits));
}

function errorsOf({ problems }: Rendered): readonly string[] {
  return problems
    .filter(({ severity }) => severity === "error")
    .map(({ code, message, place, remedy }) => `${place.file}:${place.line} ${code} ${message} → ${remedy}`);
}

function saidOf({ problems }: Rendered, code: Problem["code"]): readonly string[] {
  return problems
    .filter((problem) => problem.code === code)
    .map(({ severity, message, remedy }) => `${severity} ${message} → ${remedy}`);
}

/** Of what is in production, without Cells. */
function inProduction({ releases }: Rendered): readonly string[] {
  return releases
    .filter(({ path }) => /^releases\/\w+\/production\//.test(path))
    .map(({ plane, path }) => `${plane.name} ${path.replace(/^releases\/|\.yaml$/g, "").replace("production/", "")}`);
}

type Fields = Readonly<Record<string, unknown>>;

/** Something of a kind that a Release in production renders. */
function objectOf({ releases }: Rendered, plane: string, [component, kind]: readonly [string, string]): Fields {
  const release = releases.find((one) => one.plane.name === plane && one.path.endsWith(`production/${component}.yaml`));
  const found = release?.release.spec.resources.find(({ object }) => object.kind === kind)?.object;
  if (found === undefined) throw new Error(`${plane} has no ${kind} of ${component}`);
  return found["spec"] as Fields; // every kind asked for here has a spec
}

const everywhere = ["eu shop/stock", "eu shop/store", "us shop/stock", "us shop/store"];
const onPlanes = (list: string): Edit => ["dataPlaneRefs: [eu, us]", `dataPlaneRefs: ${list}`];

function isStoreInProduction({ component, environment }: Pick<ReleaseStatus, "component" | "environment">): boolean {
  return component === "store" && environment === "production";
}

describe("an environment on two planes", () => {
  test("has each Binding and each Cell on both, as each plane keeps it", async () => {
    const rendered = await renderEdited();
    expect(errorsOf(rendered)).toEqual([]);
    expect(inProduction(rendered)).toEqual(everywhere);
    const cells = rendered.releases.filter(({ path }) => path === "cells/shop/production.yaml");
    expect(cells.map(({ plane }) => plane.name)).toEqual(["eu", "us"]);
    const kinds = cells.map(({ release }) => release.spec.resources.map(({ object }) => object.kind));
    expect(kinds).toEqual([
      ["Namespace", "CiliumNetworkPolicy"],
      ["Namespace", "NetworkPolicy"],
    ]);
    for (const plane of rendered.planes) {
      const settings = nextPlaneTree(plane, [], { rendered }).files.get("plane.yaml");
      expect(settings).toContain("production:\n    drift: report\n");
    }
  });

  test("is under a host of each plane, and a domain of its own is answered on both without a clash", async () => {
    const rendered = await renderEdited();
    const hosts = ["eu", "us"].map((plane) => {
      const release = rendered.releases.find(
        (one) => one.plane.name === plane && one.path.endsWith("production/store.yaml"),
      );
      return release?.claimed.map((claimed) => (claimed.kind === "port" ? claimed.port : claimed.host));
    });
    expect(hosts).toEqual([
      ["production.eu.acme.example", "store.acme.example"],
      ["production.us.acme.example", "store.acme.example", "store.us.example"],
    ]);
  });

  test("has a domain once, so a second Binding that asks for it is refused on the planes where both are", async () => {
    const rendered = await renderEdited(
      [
        "  owner: {projectName: shop, componentName: stock}\n  environment: production\n",
        "  owner: {projectName: shop, componentName: stock}\n  environment: production\n  planeOverrides: {us: {domains: {api: [store.us.example]}}}\n  apis: {api: {type: REST, rest: {backend: {port: 80, basePath: /v1}, exposeLevels: [Public]}}}\n",
      ],
      [
        "    containers: {main: {image: images.acme.example/stock:1}}\n    endpoints: {api: {type: HTTP, port: 80}}\n",
        "    containers: {main: {image: images.acme.example/stock:1}}\n    endpoints: {api: {type: REST, port: 80}}\n",
      ],
    );
    expect(inProduction(rendered)).toEqual(["eu shop/stock", "eu shop/store"]);
    expect(rendered.unrendered.map(({ plane, component, reason }) => [plane, component, reason])).toEqual([
      ["us", "stock", expect.stringMatching(/^it cannot be rendered: host-conflict in shop.yaml:/)],
      ["us", "store", expect.stringMatching(/^it cannot be rendered: host-conflict in shop.yaml:/)],
    ]);
  });

  test("differs where the Binding says so, over what it says for all of them", async () => {
    const rendered = await renderEdited();
    const deployments = ["eu", "us"].map((plane) => {
      const { replicas, template } = objectOf(rendered, plane, ["store", "Deployment"]);
      const { spec } = template as { readonly spec: { readonly containers: readonly { readonly env: Fields[] }[] } };
      return { replicas, env: spec.containers[0]?.env.map(({ name, value }) => `${String(name)}=${String(value)}`) };
    });
    const stock = expect.stringMatching(/^STOCK_URL=http:\/\/stock\.dp-acme-shop-production-/);
    expect(deployments).toEqual([
      { replicas: 3, env: ["CURRENCY=EUR", stock, "LOG_LEVEL=warn"] },
      { replicas: 6, env: ["CURRENCY=USD", stock, "LOG_LEVEL=warn", "TAX=added"] },
    ]);
    expect(objectOf(rendered, "us", ["stock", "Deployment"])["replicas"]).toBe(2);
  });

  test("explains what differs by the line that says it, of the Release that is named with its plane", async () => {
    const specs = await loadFiles(texts);
    const { releases } = renderSpecs(specs);
    expect(() => chooseRelease(releases, "shop/production/store", undefined)).toThrow(
      "shop/production/store may be eu/shop/production/store, us/shop/production/store; say which",
    );
    const release = chooseRelease(releases, "us/shop/production/store", undefined);
    const field = explainRelease(release, specs).find((leaf) => leaf.field === "spec.replicas");
    const line = (texts.get("shop.yaml") ?? "").split("\n").indexOf("      replicas: 6") + 1;
    expect(field).toMatchObject({
      release: "data/acme/us/releases/shop/production/store.yaml",
      value: 6,
      setBy: { file: "shop.yaml", line, field: "spec.planeOverrides.us.replicas" },
    });
  });

  test("is known to the catalogue with both", async () => {
    const { environments } = catalogueOf(await renderEdited());
    expect(environments.map(({ environment, planes: own }) => [environment, own])).toEqual([
      ["archive", ["data/acme/eu"]],
      ["staging", ["data/acme/eu"]],
      ["production", ["data/acme/eu", "data/acme/us"]],
    ]);
  });
});

describe("what a Binding says of single planes", () => {
  test("is limited by the class like what it says for all", async () => {
    const rendered = await renderEdited(["[replicas, resources, env]", "[env]"], ["    replicas: 3\n", ""]);
    expect(errorsOf(rendered)).toEqual([
      "shop.yaml:41 invalid-override ServiceClass default does not let an environment change replicas, only env → remove it, or add replicas to allowedOverrides of the class",
    ]);
    expect(inProduction(rendered)).toEqual(["eu shop/stock", "eu shop/store", "us shop/stock"]);
  });

  test.for(["CURRENCY", "TAX"])("is a Problem where it says %s twice, as it is in one list", async (key) => {
    const rendered = await renderEdited([
      "{key: TAX, value: added}",
      `{key: TAX, value: added}, {key: ${key}, value: again}`,
    ]);
    expect(errorsOf(rendered)).toEqual([expect.stringContaining(`duplicate-key`)]);
    expect(inProduction(rendered)).toEqual(["eu shop/stock", "eu shop/store", "us shop/stock"]);
  });

  test("is a Problem for a plane that the environment is not on", async () => {
    expect(errorsOf(await renderEdited(["    us:\n      replicas: 6", "    uss:\n      replicas: 6"]))).toEqual([
      "shop.yaml:42 unknown-plane Environment production is not on DataPlane uss → did you mean us?",
    ]);
  });
});

describe("a plane that is taken out of an environment", () => {
  test("is a warning where a Binding still names it, and the Release on the others follows", async () => {
    const before = await renderEdited();
    const rendered = await renderEdited(onPlanes("[eu]"), ["store:1", "store:2"]);
    expect(saidOf(rendered, "unknown-plane")).toEqual([
      "warning Environment production is not on DataPlane us → remove it, or name one of its planes: eu",
    ]);
    expect(errorsOf(rendered)).toEqual([]);
    expect(inProduction(rendered)).toEqual(["eu shop/stock", "eu shop/store"]);
    const key = "data.acme.eu/releases/shop/production/store.yaml";
    expect(treeOf(rendered).get(key)).not.toBe(treeOf(before).get(key));
  });
});

describe("regions of a Project", () => {
  const intoProduction: Edit = ["deploymentPipelineRef: at-home", "deploymentPipelineRef: everywhere"];
  const pipeline: Edit = [
    "kind: APIClass\n",
    "kind: DeploymentPipeline\nmetadata: {name: everywhere, namespace: acme}\nspec: {promotionPaths: [{sourceEnvironmentRef: production, targetEnvironmentRefs: []}]}\n---\napiVersion: openchoreo.dev/v1alpha1\nkind: APIClass\n",
  ];

  test("keep a Binding off a plane outside them, and it is whole on the others, so it is frozen", async () => {
    const engine = new Engine();
    const step = { problems: [], recoveries: [], approvals: [], stop: undefined, rules: undefined };
    const specs = await loadFiles(edited(pipeline, intoProduction));
    const rendered = engine.exchange({ gone: [], come: [specs], ...step });
    expect(errorsOf(rendered)).toEqual([]);
    expect(saidOf(rendered, "outside-region")).toEqual([
      "warning project ledger runs in eu-west only, so journal is in production on eu and not on us → nothing, where that is meant; else mend the Project's regions or the DataPlane's region",
    ]);
    expect(inProduction(rendered)).toEqual(["eu ledger/journal", ...everywhere]);
    expect(rendered.unrendered).toEqual([]);
    expect(engine.outdated().edits.map(({ path }) => path)).toContain("acme/ledger/journal/bindings/production.yaml");
  });

  test("that no plane of the environment is in are a Problem", async () => {
    const rendered = await renderEdited(pipeline, intoProduction, onPlanes("[us]"));
    expect(errorsOf(rendered).filter((text) => text.includes("outside-region"))).toEqual([
      expect.stringContaining(
        "outside-region project ledger runs in eu-west only, and DataPlane us of production is in region us-east",
      ),
    ]);
    expect(rendered.unrendered.map(({ plane, component }) => [plane, component])).toEqual([["us", "journal"]]);
  });

  test("leave nothing out while the plane within them cannot be read", async () => {
    const rendered = await renderEdited(
      ["  region: eu-west\n", "  regoin: eu-west\n"],
      ["[eu-west, us-east]", "[eu-west]"],
    );
    expect(rendered.unrendered.map(({ plane, component }) => [plane, component])).toEqual(
      expect.arrayContaining([
        ["us", "stock"],
        ["us", "store"],
      ]),
    );
  });

  test("that become narrower take away what is outside once it is healthy within, and not while nothing is rendered there", async () => {
    const before = treeOf(await renderEdited());
    const narrower: Edit = ["regions: [eu-west, us-east]", "regions: [eu-west]"];
    const rendered = await renderEdited(narrower);
    expect(errorsOf(rendered)).toEqual([]);
    expect(goneFrom(before, rendered)).toEqual([]);
    const healthy = new Map([["data.acme.eu", "c".repeat(40)]]);
    const decide = (...arrived: readonly string[]): Absences =>
      decideAbsent(us, [cell, stock, store], {
        rendered,
        facts: { ...noFacts, arrivals: new Map(arrived.map((path) => [path, healthy])) },
      });
    expect([...decide(cell, stock).kept]).toEqual([
      [store, "waits for data/acme/eu, where it moved to, to report it healthy"],
      [cell, "a Release of the Cell stays"],
    ]);
    expect(decide(cell, stock, store).removed).toEqual([cell, stock, store]);
    const broken = await renderEdited(narrower, ["gateway: {publicVirtualHost: eu.acme.example, ", "gateway: {"]);
    expect([...decideAbsent(us, [store], { rendered: broken }).kept.values()]).toEqual([
      expect.stringContaining("missing-virtual-host in shop.yaml:"),
    ]);
  });

  test("that leave no plane delete nothing: what stands there stays until the Binding is mended", async () => {
    const before = treeOf(await renderEdited());
    const rendered = await renderEdited(["regions: [eu-west, us-east]", "regions: [asia]"]);
    expect(errorsOf(rendered).every((text) => text.includes("outside-region"))).toBe(true);
    expect(goneFrom(before, rendered)).toEqual([]);
  });

  test("are one reason of several: each plane is told its own, and a status stands for each", async () => {
    const rendered = await renderEdited(
      ["gateway: {publicVirtualHost: eu.acme.example, ", "gateway: {"],
      ["[replicas, resources, env]", "[env]"],
      ["    replicas: 3\n", ""],
    );
    const path = "releases/shop/production/store.yaml";
    const reasons = rendered.planes.map((plane) => nextPlaneTree(plane, [path], { rendered }).kept.get(path));
    expect(reasons).toEqual([
      expect.stringContaining("missing-virtual-host in shop.yaml:"),
      expect.stringContaining("invalid-override in shop.yaml:"),
    ]);
    const { environments } = catalogueOf(rendered);
    const statuses = new Unrendered(rendered).statuses([], environments).filter(isStoreInProduction);
    expect(statuses.map(({ plane, state, reason }) => [plane, state, reason])).toEqual([
      ["data/acme/eu", "not rendered", expect.stringMatching(/^not rendered: missing-virtual-host in shop.yaml:/)],
      ["data/acme/us", "not rendered", expect.stringMatching(/^not rendered: invalid-override in shop.yaml:/)],
    ]);
    const [first, ...others] = statuses;
    expect(new Unrendered(rendered).statuses(first === undefined ? [] : [first], environments)).toEqual(
      expect.arrayContaining(others),
    );
  });

  test("keep a target off a plane, which is a Problem of who connects to it there alone", async () => {
    const target = "params: {componentName: stock, endpoint: api}";
    const narrower = new Map(
      [...edited(["regions: [eu-west]}", "regions: [us-east, eu-west]}"])].map(([path, text]) => [
        path,
        text
          .replaceAll(target, "params: {projectName: depot, componentName: stock, endpoint: api}")
          .replaceAll("{projectName: shop, componentName: stock}", "{projectName: depot, componentName: stock}")
          .replace(
            "{name: stock, namespace: acme}\nspec: {owner: {projectName: shop}",
            "{name: stock, namespace: acme}\nspec: {owner: {projectName: depot}",
          )
          .replaceAll("{api: {type: HTTP, port: 80}}", "{api: {type: REST, port: 80}}")
          .replace(
            "  environment: production\n  workloadSpec:\n    containers: {main: {image: images.acme.example/stock:1}}",
            "  environment: production\n  apis: {api: {type: REST, rest: {backend: {port: 80}, exposeLevels: [Organization]}}}\n  workloadSpec:\n    containers: {main: {image: images.acme.example/stock:1}}",
          )
          .replace(
            "componentName: stock}, workloadName: stock}",
            "componentName: stock}, workloadName: stock, apis: {api: {type: REST, rest: {backend: {port: 80}, exposeLevels: [Organization]}}}}",
          ),
      ]),
    );
    narrower.set(
      "depot.yaml",
      "apiVersion: openchoreo.dev/v1alpha1\nkind: Project\nmetadata: {name: depot, namespace: acme}\nspec: {deploymentPipelineRef: worldwide, regions: [eu-west]}\n",
    );
    const rendered = await renderFilesOf(narrower);
    expect(errorsOf(rendered).map((text) => text.replace(/^\S+ /, ""))).toEqual([
      "unknown-target component stock of project depot is not deployed to production on DataPlane us, which is outside the regions of its project → place both in the same regions, or mend the regions of one of the Projects",
    ]);
    expect(inProduction(rendered)).toEqual(["eu depot/stock", "eu shop/store"]);
  });
});

describe("two planes of one cluster", () => {
  const inCluster = (region: string, cluster: string): Edit => [
    `  region: ${region}\n`,
    `  region: ${region}\n  kubernetesCluster: {name: ${cluster}}\n`,
  ];

  test.for([
    { clusters: ["one", "two"], yields: [] },
    {
      clusters: ["one", "one"],
      yields: [
        "warning DataPlanes eu and us of Environment production are one cluster, one, where only the first to come holds what both render → keep one of them, or mend the cluster's name of a DataPlane",
      ],
    },
  ])("$clusters of one environment are told", async ({ clusters: [eu = "", us = ""], yields }) => {
    const rendered = await renderEdited(inCluster("eu-west", eu), inCluster("us-east", us));
    expect(saidOf(rendered, "namespace-conflict")).toEqual(yields);
    expect(inProduction(rendered)).toEqual(everywhere);
  });
});

describe("another list of planes", () => {
  test("leaves what was on one of them to wait for where it is still", async () => {
    const before = treeOf(await renderEdited());
    const rendered = await renderEdited(onPlanes("[eu]"), ["    us:\n      replicas: 6", "    eu:\n      replicas: 6"]);
    expect(errorsOf(rendered)).toEqual([]);
    expect(inProduction(rendered)).toEqual(["eu shop/stock", "eu shop/store"]);
    expect(goneFrom(before, rendered)).toEqual([]);
    const { kept } = decideAbsent(us, [store], { rendered });
    expect([...kept.values()]).toEqual(["waits for data/acme/eu, where it moved to, to report it healthy"]);
  });

  test.for([
    {
      what: "beside the one",
      edit: ["spec: {dataPlaneRefs:", "spec: {dataPlaneRef: eu, dataPlaneRefs:"] as const,
      yields: ["platform.yaml:30 schema spec: has dataPlaneRef and dataPlaneRefs: keep one of them"],
    },
    {
      what: "with one twice",
      edit: onPlanes("[eu, us, eu]"),
      yields: ["platform.yaml:30 schema spec.dataPlaneRefs: names a DataPlane twice"],
    },
    {
      what: "of none",
      edit: onPlanes("[]"),
      yields: [expect.stringMatching(/^platform.yaml:30 schema spec.dataPlaneRefs: /)],
    },
    {
      what: "with one that is not there",
      edit: onPlanes("[eu, uss]"),
      yields: ["platform.yaml:30 unknown-plane there is no DataPlane uss → did you mean us?"],
    },
  ])("$what is a Problem", async ({ edit, yields }) => {
    const found = errorsOf(await renderEdited(edit)).filter((text) => !text.includes("unknown-environment"));
    expect(found.map((text) => (text.includes(" schema ") ? text.replace(/ → .*$/, "") : text))).toEqual(
      expect.arrayContaining(yields),
    );
  });
});
