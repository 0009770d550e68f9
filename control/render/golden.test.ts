/**
 * What the sample platform, a workload with everything that it may say, an environment in two regions, a cluster that two
 * organizations share, and the reference demo render to, read in review like code. After a wanted change of the rendering rules,
 * regenerate the first with `node control/main.ts render fixtures/platform -o fixtures/golden` and the next three with `… render
 * fixtures/<name> -o fixtures/golden-<name>`, and raise `rendererVersion`.
 */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Release } from "../../schemas/release.ts";
import { cellNamespace } from "../../schemas/names.ts";
import type { Rendered } from "../render-specs.ts";
import {
  findSamples,
  readPlatform,
  readTexts,
  renderFilesOf,
  repositoryRoot,
  treeOf,
} from "../specs-fixture.contract.ts";
import { renderedKinds } from "./rendered-kinds.ts";

const fixtures = join(repositoryRoot, "fixtures");
const golden = join(fixtures, "golden", "planes");

async function renderPlatform(edit: (path: string, text: string) => string): Promise<ReadonlyMap<string, string>> {
  const texts = await readPlatform();
  return renderTree(new Map([...texts].map(([path, text]) => [path, edit(path, text)])));
}

async function renderTree(texts: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  const rendered = await renderFilesOf(texts);
  return new Map(
    [...treeOf(rendered)].map(([key, text]) => [key.replace(/^(\w+)\.(\w+)\.(\w+)\//, "$1/$2/$3/"), text]),
  );
}

function changedPaths(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .toSorted();
}

test("every kind that can be rendered is rendered from the sample platform", async () => {
  const { releases } = await renderFilesOf(await readPlatform());
  const kinds = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object.kind));
  expect([...new Set(kinds)].toSorted()).toEqual(renderedKinds.toSorted());
});

test.for([
  { what: "a workload with everything", specs: "workload", trees: "golden-workload" },
  { what: "an environment in two regions", specs: "regions", trees: "golden-regions" },
  { what: "a cluster that two organizations share", specs: "shared", trees: "golden-shared" },
])("$what renders to its golden files, byte for byte", async ({ specs, trees }) => {
  const rendered = await renderTree(await readTexts(join(fixtures, specs)));
  const expected = await readTexts(join(fixtures, trees, "planes"));
  expect(Object.fromEntries(rendered)).toEqual(Object.fromEntries(expected));
});

describe("the sample platform", () => {
  test("has nothing to warn of, as docs/watching.md shows it", async () => {
    const { problems } = await renderFilesOf(await readPlatform());
    expect(problems).toEqual([]);
  });

  test("renders to the golden files, byte for byte", async () => {
    const rendered = await renderPlatform((_, text) => text);
    expect(Object.fromEntries(rendered)).toEqual(Object.fromEntries(await readTexts(golden)));
  });

  test.for([
    {
      change: "an image",
      path: "shop/cart.yaml",
      from: "cart:1.0.0",
      to: "cart:1.0.1",
      yields: ["data/acme/development/releases/shop/development/cart.yaml"],
    },
    {
      change: "a port that another component connects to",
      path: "shop/sessions.yaml",
      from: "port: 6379",
      to: "port: 6380",
      yields: [
        "data/acme/development/releases/shop/development/cart.yaml",
        "data/acme/development/releases/shop/development/sessions.yaml",
      ],
    },
    {
      change: "a class, which pinned Bindings do not follow",
      path: "platform/classes.yaml",
      from: "replicas: 2",
      to: "replicas: 3",
      yields: [
        "fulfilment/development/payments",
        "shop/development/catalog",
        "shop/development/checkout",
        "shop/development/search",
      ].map((release) => `data/acme/development/releases/${release}.yaml`),
    },
    {
      change: "where a secret is kept",
      path: "platform/secrets.yaml",
      from: "property: account",
      to: "property: number",
      yields: ["data/acme/development/releases/fulfilment/development/payments.yaml"],
    },
    {
      change: "a file's text in a group of values",
      path: "platform/configuration.yaml",
      from: "This mail comes from a test.",
      to: "This is a test.",
      yields: ["fulfilment/development/mailer", "shop/development/reminders"].map(
        (release) => `data/acme/development/releases/${release}.yaml`,
      ),
    },
    { change: "a comment", path: "shop/cart.yaml", from: "spec:\n", to: "spec: # why\n", yields: [] },
  ])("a change of $change shows in exactly the Releases it concerns", async ({ path: changed, from, to, yields }) => {
    const before = await renderPlatform((_, text) => text);
    const after = await renderPlatform((path, text) => (path === changed ? text.replace(from, to) : text));
    expect(changedPaths(before, after)).toEqual(yields);
  });
});

// The samples stand beside the checkout, or where the variable says; they are no part of the repository.
const samples = findSamples("the reference demo");

describe.skipIf(samples === undefined)("the reference demo, unchanged", () => {
  let rendered: Rendered;

  beforeAll(async () => {
    const platform = await readTexts(join(repositoryRoot, "fixtures", "surroundings", "platform"));
    const stages = await readTexts(join(repositoryRoot, "fixtures", "surroundings", "stages"));
    const demo = await readTexts(join(samples ?? "", "gcp-microservices-demo"));
    rendered = await renderFilesOf(new Map([...platform, ...stages, ...demo]));
  });

  const host = (component: string): string =>
    `${component}.${cellNamespace({ organization: "default", project: "gcp-microservice-demo", environment: "development" })}.svc`;
  const address = (name: string, component: string, port: number): string => `${name}=${host(component)}:${port}`;
  const cart = address("CART_SERVICE_ADDR", "cart", 7070);
  const currency = address("CURRENCY_SERVICE_ADDR", "currency", 7000);
  const email = address("EMAIL_SERVICE_ADDR", "email", 5000);
  const payment = address("PAYMENT_SERVICE_ADDR", "payment", 50051);
  const catalog = address("PRODUCT_CATALOG_SERVICE_ADDR", "productcatalog", 3550);
  const shipping = address("SHIPPING_SERVICE_ADDR", "shipping", 50055);

  const expected: Readonly<Record<string, { ports: readonly number[]; connections: readonly string[] }>> = {
    ad: { ports: [9555], connections: [] },
    cart: { ports: [7070], connections: [address("REDIS_ADDR", "redis", 6379)] },
    checkout: { ports: [5050], connections: [cart, currency, email, payment, catalog, shipping] },
    currency: { ports: [7000], connections: [] },
    email: { ports: [5000], connections: [] },
    frontend: {
      ports: [8080],
      connections: [
        address("AD_SERVICE_ADDR", "ad", 9555),
        cart,
        address("CHECKOUT_SERVICE_ADDR", "checkout", 5050),
        currency,
        payment,
        catalog,
        address("RECOMMENDATION_SERVICE_ADDR", "recommendation", 8080),
        shipping,
      ],
    },
    payment: { ports: [50051], connections: [] },
    productcatalog: { ports: [3550], connections: [] },
    recommendation: { ports: [8080], connections: [catalog] },
    redis: { ports: [6379], connections: [] },
    shipping: { ports: [50055], connections: [] },
  };

  type Container = { env?: { name: string; value: string }[]; ports: { containerPort: number }[] };

  test("has no Problem and gives every component its ports and the addresses of what it connects to", () => {
    expect(rendered.problems).toEqual([]);
    const found = rendered.releases.flatMap(({ release }) => {
      const { componentName } = release.spec.owner;
      if (componentName === undefined) return [];
      const [container] = containersOf(release);
      const connections = (container?.env ?? []).filter(({ value }) => value.includes(".svc:"));
      return [
        [
          componentName,
          {
            ports: container?.ports.map(({ containerPort }) => containerPort),
            connections: connections.map(({ name, value }) => `${name}=${value}`).toSorted(),
          },
        ],
      ];
    });
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(
        Object.entries(expected).map(([name, { ports, connections }]) => [
          name,
          { ports, connections: connections.toSorted() },
        ]),
      ),
    );
  });

  test("is one namespace with its policies, eleven Deployments and Services, and the web application's route", () => {
    const ids = rendered.releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object.kind));
    const counts = Object.fromEntries([...Map.groupBy(ids, (kind) => kind)].map(([kind, all]) => [kind, all.length]));
    expect(counts).toEqual({ Namespace: 1, NetworkPolicy: 21, Deployment: 11, Service: 11, HTTPRoute: 1 });
    const route = rendered.releases.flatMap(({ claimed }) => claimed);
    expect(route).toEqual([
      {
        kind: "path",
        gateways: { plane: { kind: "data", organization: "default", name: "default" }, rank: 0 },
        gateway: "gateway-external",
        host: "frontend-gcp-microservice-demo-default.dev.choreoapis.localhost",
        path: "/",
        route: "HTTP",
        hostFrom: "owner",
      },
    ]);
  });

  function containersOf(release: Release): readonly Container[] {
    const deployment = release.spec.resources.find(({ object }) => object.kind === "Deployment")?.object;
    const { spec } = deployment as unknown as { spec: { template: { spec: { containers: Container[] } } } }; // a Deployment
    return spec.template.spec.containers;
  }
});
