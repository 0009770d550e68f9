/** Domains at hosts that the engine gives, and what another project has there. */
import { expect, test } from "vitest";
import { doc, endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

const api = (basePath: string): string =>
  `  apis: {api: {type: REST, rest: {backend: {port: 80, basePath: ${basePath}}, exposeLevels: [Public]}}}\n`;

/** `cart` of the project `shop`, with routes at `dev.apps.example` and `cart-shop-default.dev.apps.example`. */
const cart = service("cart", { workload: endpointOf("api", "REST", 80), claim: api("/v1") });
const site = service("site", { workload: endpointOf("web", "HTTP", 80) }).map((text) =>
  text.replace("type: Service\n", "type: WebApplication\n").replace("kind: Service\n", "kind: WebApplication\n"),
);

/** `taker` of the project `other`, with a domain in `dev`; its paths there are those of the container. */
function taker(domain: string, basePath = "/"): readonly string[] {
  const workload = endpointOf("api", "REST", 80);
  const binding = doc(
    "ServiceBinding",
    "taker-dev",
    `  owner: {projectName: other, componentName: taker}\n  environment: dev\n  domains:\n    api:\n      - ${domain}\n  workloadSpec: {containers: {main: {image: a}}, endpoints: {api: {type: REST, port: 80}}}\n${api(basePath)}`,
  );
  const documents = service("taker", { workload, claim: api(basePath) });
  return [
    doc("Project", "other", "  deploymentPipelineRef: line"),
    ...documents.map((text) => text.replace("projectName: shop", "projectName: other")),
    binding,
  ];
}

/** `code message` of the errors, each with the text where it stands, and the components that are rendered in `dev`. */
async function outcomeOf(documents: readonly string[]) {
  const { problems, releases } = await renderTexts(...documents);
  const lines = documents.join("---\n").split("\n");
  return {
    errors: problems
      .filter(({ severity }) => severity === "error")
      .map(({ code, message, place }) => `${code} ${message} | ${lines[place.line - 1]?.slice(place.column - 1)}`),
    conflicts: problems.filter(({ code }) => code === "host-conflict").length,
    rendered: releases
      .filter(({ release }) => release.spec.environmentName === "dev")
      .flatMap(({ release }) => release.spec.owner.componentName ?? [])
      .toSorted(),
  };
}

const refused = (domain: string, host: string, where = "Environment dev on DataPlane eu"): string =>
  `host-conflict ${domain}, which is to be a domain of taker in dev, is at or below ${host}, the host of ${where} | ${domain}`;

const dev = "dev.apps.example";
const managed = "manage: {external: {http: {}, domains: ['*.apps.example', '*.dev.apps.example']}}";

test.for([
  { what: "the host of its environment", domain: dev, host: dev },
  { what: "the host of a web application", domain: `site-shop-default.${dev}`, host: dev },
  { what: "a host below where nothing answers yet", domain: `a.b.${dev}`, host: dev },
  { what: "the host that is for the organization", domain: "dev.inner.example", host: "dev.inner.example" },
  {
    what: "the host of another environment",
    domain: "prod.apps.example",
    host: "prod.apps.example",
    where: "Environment prod on DataPlane eu",
  },
  {
    what: "the host that a dnsPrefix gives on another plane",
    domain: "live.us.example",
    host: "live.us.example",
    where: "Environment far on DataPlane us",
  },
])("a domain at $what is refused, at gateways of whomever", async ({ domain, host, where }) => {
  const far = [
    doc("DataPlane", "us", "  gateway: {publicVirtualHost: us.example}"),
    doc("Environment", "far", "  dataPlaneRef: us\n  gateway: {dnsPrefix: live}"),
  ];
  const documents = [...surroundings, ...far, ...cart, ...site, ...taker(domain)];
  const expected = { errors: [refused(domain, host, where)], conflicts: 1, rendered: ["cart", "site"] };
  expect(await outcomeOf(documents)).toEqual(expected);
  const brought = documents.map((text) => text.replace("  gateway:\n", `  gateway:\n    ${managed}\n`));
  expect(await outcomeOf(brought)).toEqual(expected);
});

test.for([
  { path: "/default/shop/cart/v1", what: "the same path" },
  { path: "/default/shop/cart/v1/login", what: "a longer path" },
  { path: "/", what: "every path" },
])("$what of another project's route is asked for in vain, and that one goes on untold", async ({ path }) => {
  const found = await outcomeOf([...surroundings, ...cart, ...taker(dev, path)]);
  expect(found).toEqual({ errors: [refused(dev, dev)], conflicts: 1, rendered: ["cart"] });
});

test.for(["store.example.org", "apps.example", "store.apps.example", "mydev.apps.example", "dev.example"])(
  "%s is no environment's host",
  async (domain) => {
    const found = await outcomeOf([...surroundings, ...cart, ...taker(domain)]);
    expect(found).toEqual({ errors: [], conflicts: 0, rendered: ["cart", "taker"] });
  },
);
