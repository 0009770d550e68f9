import { expect, test } from "vitest";
import { doc, renderFilesOf, owner, readPlatform, service, surroundings } from "../specs-fixture.contract.ts";
import { catalogueOf } from "./catalogue.ts";

async function catalogueOfTexts(...documents: readonly string[]) {
  return catalogueOf(await renderFilesOf(new Map([["specs.yaml", documents.join("---\n")]])));
}

test("knows of the sample platform where everything stands and how it is placed", async () => {
  const { components, environments } = catalogueOf(await renderFilesOf(await readPlatform()));
  expect(environments.map(({ environment, planes, pipelines }) => [environment, ...planes, pipelines])).toEqual([
    ["development", "data/acme/development", [{ name: "standard", step: 1 }]],
    ["staging", "data/acme/staging", [{ name: "standard", step: 2 }]],
    ["production", "data/acme/production", [{ name: "standard", step: 3 }]],
  ]);
  const search = components.find(({ component }) => component === "search");
  expect(search?.declared.map(({ kind, file, line }) => `${kind} ${file}:${line}`)).toEqual([
    "Component shop/search.yaml:1",
    "Workload shop/search.yaml:11",
    "Service shop/search.yaml:46",
    "ServiceBinding shop/bindings/search-production.yaml:2",
    "ServiceBinding shop/bindings/search-staging.yaml:2",
  ]);
  expect(
    search?.placements.map(({ environment, follows, className, classHash }) => [
      environment,
      follows,
      className,
      classHash,
    ]),
  ).toEqual([
    ["development", "claim", "busy", undefined],
    ["production", "binding", "busy", "876a9e8cb313e7035fed5b9791c1a3a9"],
    ["staging", "binding", "busy", "876a9e8cb313e7035fed5b9791c1a3a9"],
  ]);
  expect(search?.outside).toEqual([
    {
      name: "suggestions",
      to: "203.0.113.16/32",
      ports: [443],
      protocol: "TCP",
      environments: [{ environment: "staging", to: "suggestions.acme.example", ports: [443], protocol: "TCP" }],
    },
  ]);
  const cart = components.find(({ component }) => component === "cart");
  expect(cart?.connections).toEqual([
    { name: "sessions", project: "shop", component: "sessions", endpoint: "tcp" },
    { name: "stock", project: "fulfilment", component: "stock", endpoint: "api" },
  ]);
  expect(cart?.outside).toEqual([]);
});

test("a document ends on its last line with something on it", async () => {
  const { components } = await catalogueOfTexts(...surroundings, ...service("cart"));
  const lines = components.flatMap(({ declared }) => declared.map(({ kind, line, endLine }) => [kind, endLine - line]));
  expect(lines).toEqual([
    ["Component", 7],
    ["Workload", 10],
    ["Service", 8],
  ]);
});

test("a step counts the longest way, and promotion that goes round ends all the same", async () => {
  const path = (from: string, ...to: readonly string[]): string =>
    `    - sourceEnvironmentRef: ${from}\n      targetEnvironmentRefs: [${to.map((name) => `{name: ${name}}`).join(", ")}]`;
  const environments = ["a", "b", "c", "d"].map((name) => doc("Environment", name, "  dataPlaneRef: eu"));
  const line = (...paths: readonly string[]): string =>
    doc("DeploymentPipeline", "line", `  promotionPaths:\n${paths.join("\n")}`);
  const steps = async (...paths: readonly string[]) =>
    (await catalogueOfTexts(...environments, line(...paths))).environments.map((one) => [
      one.environment,
      one.pipelines[0]?.step,
    ]);
  expect(await steps(path("a", "c", "b"), path("b", "c"))).toEqual([
    ["a", 1],
    ["b", 2],
    ["c", 3],
    ["d", undefined],
  ]);
  const round = await steps(path("a", "b"), path("b", "c"), path("c", "a"));
  expect(new Set(round.map(([name]) => name))).toEqual(new Set(["a", "b", "c", "d"]));
});

test("a component without a claim is placed nowhere by itself, and a Binding of a root follows the claim", async () => {
  const bare = await catalogueOfTexts(
    ...surroundings,
    doc("Component", "cart", "  owner: {projectName: shop}\n  type: Service"),
  );
  expect(bare.components[0]?.placements).toEqual([]);
  const binding = doc(
    "ServiceBinding",
    "cart-dev",
    `${owner("cart")}  environment: dev\n  releaseState: Suspend\n  workloadSpec:\n    containers: {main: {image: a.example/b:0}}`,
  );
  const bound = await catalogueOfTexts(...surroundings, ...service("cart"), binding);
  expect(bound.components[0]?.placements).toEqual([
    { environment: "dev", follows: "claim", classKind: "ServiceClass", className: "default", releaseState: "Suspend" },
  ]);
});
