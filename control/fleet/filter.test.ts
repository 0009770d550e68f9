import { describe, expect, test } from "vitest";
import { componentRows } from "./component-rows.ts";
import { environmentRows } from "./environment-rows.ts";
import { type Filters, filterFleet } from "./filter.ts";
import { gatewaysOf, releaseOf, smallFleet } from "./fleet-fixture.contract.ts";

const sick = smallFleet([
  releaseOf("cart", "dev", {
    health: "Degraded",
    behind: { why: "unhealthy", reason: "Deployment/cart: 0 of 2" },
    reason: "unhealthy: Deployment/cart: 0 of 2",
  }),
  releaseOf("web", "dev"),
  releaseOf("cart", "prod", {
    state: "waiting",
    health: "Unknown",
    behind: { why: "not-fetched", applied: 0, of: 3 },
    reason: "not fetched: no agent has reported yet",
  }),
]);

describe("filterFleet", () => {
  test.for<[Filters, readonly string[], readonly string[], readonly string[]]>([
    [{}, ["cart/dev", "web/dev", "cart/prod"], ["data/acme/eu", "data/acme/us"], ["cart", "web"]],
    [{ component: "cart" }, ["cart/dev", "cart/prod"], ["data/acme/eu", "data/acme/us"], ["cart"]],
    [{ component: "shop/web" }, ["web/dev"], ["data/acme/eu"], ["web"]],
    [{ environment: "prod" }, ["cart/prod"], ["data/acme/us"], ["cart"]],
    [{ plane: "us" }, ["cart/prod"], ["data/acme/us"], ["cart"]],
    [{ plane: "data/acme/eu", component: "cart" }, ["cart/dev"], ["data/acme/eu"], ["cart"]],
    [{ unhealthy: true }, ["cart/dev"], ["data/acme/eu"], ["cart"]],
    [{ behind: true }, ["cart/prod"], ["data/acme/us"], ["cart"]],
    [{ behind: true, unhealthy: true }, ["cart/dev", "cart/prod"], ["data/acme/eu", "data/acme/us"], ["cart"]],
  ])("with %j leaves what passes and what that stands in", ([filters, releases, planes, components]) => {
    const left = filterFleet(sick, filters);
    expect({
      releases: left.releases.map(({ component, environment }) => `${component}/${environment}`),
      planes: left.planes.map(({ plane }) => plane),
      components: componentRows(left).map(({ component }) => component),
    }).toEqual({ releases, planes, components });
  });

  test.for<[Filters, readonly string[]]>([
    [{}, ["gateways", "cart/dev"]],
    [{ plane: "eu" }, ["gateways", "cart/dev"]],
    [{ plane: "us" }, []],
    [{ project: "shop" }, ["cart/dev"]],
    [{ environment: "dev" }, ["cart/dev"]],
    [{ component: "cart" }, ["cart/dev"]],
    [{ unhealthy: true }, ["gateways"]],
  ])("with %j leaves what a plane brings where nothing narrower is asked for", ([filters, releases]) => {
    const fleet = smallFleet([gatewaysOf("data/acme/eu", { health: "Degraded" }), releaseOf("cart", "dev")]);
    const left = filterFleet(fleet, filters);
    expect(
      left.releases.map(({ component, environment, platform }) => platform ?? `${component}/${environment}`),
    ).toEqual(releases);
  });

  test.for<[Filters, string]>([
    [{ component: "carts" }, 'there is no component "carts"; did you mean cart?'],
    [{ environment: "zzz" }, 'there is no environment "zzz"; there are dev, prod'],
    [{ plane: "data/acme/eus" }, 'there is no plane "data/acme/eus"; did you mean data/acme/eu?'],
    [{ project: "shpo" }, 'there is no project "shpo"; did you mean shop?'],
  ])("refuses %j and says what was meant", ([filters, message]) => {
    expect(() => filterFleet(sick, filters)).toThrow(expect.objectContaining({ exitCode: 2, message }) as Error);
  });
});

test("a component's row has its environments in the order of the pipeline and the gravest of them", () => {
  const [cart] = componentRows(smallFleet([sick.releases[2]!, sick.releases[0]!]));
  expect(cart).toMatchObject({
    project: "shop",
    component: "cart",
    kind: "Service",
    state: "waiting",
    health: "Degraded",
    behind: 1,
    reason: "unhealthy: Deployment/cart: 0 of 2",
  });
  expect(cart?.environments.map(({ environment }) => environment)).toEqual(["dev", "prod"]);
});

test("a component that runs nowhere has a row, and one that is declared no more too", () => {
  const rows = componentRows(smallFleet([releaseOf("old", "dev")]));
  expect(rows.map(({ component, kind, environments }) => [component, kind, environments.length])).toEqual([
    ["cart", "Service", 0],
    ["old", undefined, 1],
    ["web", "Service", 0],
  ]);
});

test("an environment's row counts what is behind and what is not well", () => {
  expect(environmentRows(sick)).toMatchObject([
    {
      environment: "dev",
      pipelines: [{ name: "line", step: 1 }],
      planes: ["data/acme/eu"],
      releases: 2,
      health: "Degraded",
      behind: 0,
      unhealthy: 1,
    },
    {
      environment: "prod",
      pipelines: [{ name: "line", step: 2 }],
      planes: ["data/acme/us"],
      releases: 1,
      behind: 1,
      unhealthy: 0,
    },
  ]);
});
