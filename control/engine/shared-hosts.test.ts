/** Hosts that HTTP and gRPC both ask for, and domains of two projects. */
import { expect, test } from "vitest";
import { load, type Specs } from "../load/load.ts";
import { doc, renderTexts, service, specsFiles, surroundings } from "../specs-fixture.contract.ts";
import { Engine } from "./engine.ts";
import type { Rendered } from "./rendered.ts";

type Placing = {
  readonly type: "REST" | "gRPC";
  readonly domain?: string;
  readonly project?: string;
  readonly path?: string;
  readonly level?: "Organization" | "Public";
};

/** A component in `dev` whose API `api` is public, with a domain where one is given. */
function placed(component: string, placing: Placing): readonly string[] {
  const { type, domain, project = "shop", path = "/v1", level = "Public" } = placing;
  const levels = `exposeLevels: [${level}]`;
  const exposed = type === "REST" ? `rest: {backend: {port: 80, basePath: ${path}}, ${levels}}` : levels;
  const claim = `  apis:\n    api: {type: ${type}, ${exposed}}\n`;
  const workload = `  endpoints: {api: {type: ${type}, port: 80}}\n`;
  const domains = domain === undefined ? "" : `  domains: {api: [${domain}]}\n`;
  return [
    ...service(component, { workload, claim }).map((text) =>
      text.replace("projectName: shop", `projectName: ${project}`),
    ),
    doc(
      "ServiceBinding",
      `${component}-dev`,
      `  owner: {projectName: ${project}, componentName: ${component}}\n  environment: dev\n${domains}  workloadSpec: {containers: {main: {image: a}}, endpoints: {api: {type: ${type}, port: 80}}}\n${claim}`,
    ),
  ];
}

/** `severity message` of the conflicts, and the components that are rendered. */
async function outcomeOf(...documents: readonly string[]) {
  const { problems, releases } = await renderTexts(...surroundings, ...documents);
  return {
    conflicts: problems
      .filter(({ code }) => code === "host-conflict")
      .map(({ severity, message }) => `${severity} ${message}`),
    rendered: componentsOf({ releases }),
  };
}

function componentsOf({ releases }: Pick<Rendered, "releases">): readonly string[] {
  return releases.flatMap(({ release }) => release.spec.owner.componentName ?? []).toSorted();
}

test("a domain that HTTP and gRPC ask for is a Problem of both, whatever their paths", async () => {
  const domain = "shop.example.org";
  const documents = [...placed("cart", { type: "REST", domain }), ...placed("stock", { type: "gRPC", domain })];
  expect(await outcomeOf(...documents)).toEqual({
    conflicts: [
      "error shop.example.org, where cart would answer HTTP in dev, is asked for by gRPC of stock of shop in dev, and a host has one of the two",
      "error shop.example.org, where stock would answer gRPC in dev, is asked for by HTTP of cart of shop in dev, and a host has one of the two",
    ],
    rendered: [],
  });
});

test("gRPC at a domain that is the host of an environment is refused alone", async () => {
  const documents = [
    ...placed("cart", { type: "REST" }),
    ...placed("stock", { type: "gRPC", domain: "dev.apps.example" }),
  ];
  expect(await outcomeOf(...documents)).toEqual({
    conflicts: [
      "error dev.apps.example, which is to be a domain of stock in dev, is at or below dev.apps.example, the host of Environment dev on DataPlane eu",
    ],
    rendered: ["cart"],
  });
});

test("hosts of their own, and one host of HTTP alone, are no conflict", async () => {
  const documents = [
    ...placed("cart", { type: "REST", domain: "cart.example.org" }),
    ...placed("stock", { type: "gRPC", domain: "stock.example.org" }),
    ...placed("mail", { type: "REST" }),
  ];
  expect(await outcomeOf(...documents)).toEqual({ conflicts: [], rendered: ["cart", "mail", "stock"] });
});

const depot = doc("Project", "depot", "  deploymentPipelineRef: line");
const store = { type: "REST", domain: "store.example.org", path: "/" } as const;

test.for<{ what: string; second: Partial<Placing> }>([
  { what: "at a longer path", second: { path: "/login" } },
  { what: "at the other gateway", second: { level: "Organization", path: "/login" } },
  { what: "by gRPC at the other gateway", second: { level: "Organization", type: "gRPC" } },
])("a domain that two projects ask for is a Problem of both, $what", async ({ second }) => {
  const stock = { ...store, project: "depot", ...second };
  expect(await outcomeOf(depot, ...placed("cart", store), ...placed("stock", stock))).toEqual({
    conflicts: [
      "error store.example.org, where cart would answer in dev, is also answered by stock of depot in dev, and a domain is of one project",
      "error store.example.org, where stock would answer in dev, is also answered by cart of shop in dev, and a domain is of one project",
    ],
    rendered: [],
  });
});

test("who asks for a whole domain of another project is not sent to another path of it", async () => {
  const documents = [depot, ...placed("cart", store), ...placed("stock", { ...store, project: "depot" })];
  const { problems } = await renderTexts(...surroundings, ...documents);
  expect(
    problems.flatMap(({ code, severity, remedy }) => (code === "host-conflict" ? `${severity} ${remedy}` : [])),
  ).toEqual(
    Array.from({ length: 2 }, () => "error give one of them another domain or, within one project, another base path"),
  );
});

test("a project may divide a domain of its own by paths, and projects share the host of an environment", async () => {
  const documents = [
    ...placed("cart", store),
    ...placed("stock", { ...store, path: "/login" }),
    ...placed("mail", { type: "REST" }),
    ...placed("post", { type: "REST", project: "depot" }),
  ];
  expect(await outcomeOf(depot, ...documents)).toEqual({ conflicts: [], rendered: ["cart", "mail", "post", "stock"] });
});

test("one component that would answer a domain by both is told so", async () => {
  const apis =
    "{rest: {type: REST, exposeLevels: [Public], rest: {backend: {port: 80, basePath: /v1}}}, calls: {type: gRPC, exposeLevels: [Public]}}";
  const endpoints = "{rest: {type: REST, port: 80}, calls: {type: gRPC, port: 90}}";
  const domains = "{rest: [shop.example.org], calls: [shop.example.org]}";
  const documents = [
    ...service("cart", { workload: `  endpoints: ${endpoints}\n`, claim: `  apis: ${apis}\n` }),
    doc(
      "ServiceBinding",
      "cart-dev",
      `  owner: {projectName: shop, componentName: cart}\n  environment: dev\n  domains: ${domains}\n  workloadSpec: {containers: {main: {image: a}}, endpoints: ${endpoints}}\n  apis: ${apis}`,
    ),
  ];
  expect(await outcomeOf(...documents)).toEqual({
    conflicts: ["error cart would answer shop.example.org by HTTP and by gRPC, and a host has one of the two"],
    rendered: [],
  });
});

test.for<{ beside: string; second: Placing }>([
  { beside: "gRPC", second: { type: "gRPC", domain: store.domain } },
  { beside: "another project", second: { ...store, path: "/login", project: "depot" } },
])("who has a host to itself again without $beside is rendered, though nothing of its own changed", async (row) => {
  const texts = [
    ["cart.yaml", [...surroundings, depot, ...placed("cart", store)].join("---\n")],
    ["stock.yaml", placed("stock", row.second).join("---\n")],
  ] as const;
  const [cart, stock] = await Promise.all(texts.map(async (file) => load([specsFiles(new Map([file]))], new Map())));
  const engine = new Engine();
  const exchange = (gone: readonly (Specs | undefined)[], come: readonly (Specs | undefined)[]): readonly string[] => {
    const [from, to] = [gone, come].map((some) => some.filter((one) => one !== undefined));
    const rest = { problems: [], recoveries: [], approvals: [], stop: undefined, rules: undefined };
    return componentsOf(engine.exchange({ gone: from ?? [], come: to ?? [], ...rest }));
  };
  expect([exchange([], [cart]), exchange([], [stock]), exchange([stock], [])]).toEqual([["cart"], [], ["cart"]]);
});
