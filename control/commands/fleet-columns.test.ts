import { expect, test } from "vitest";
import { componentRows } from "../fleet/component-rows.ts";
import { releaseOf, smallFleet } from "../fleet/fleet-fixture.contract.ts";
import { componentColumns, green, red } from "./fleet-columns.ts";

test.each([
  { what: "alike", on: {}, shown: "cart:1", colour: green },
  { what: "another image", on: { images: ["registry/cart:2"] }, shown: "cart:1, cart:2", colour: green },
  { what: "ill", on: { health: "Degraded" }, shown: "cart:1", colour: red },
] as const)("an environment on two planes has one column: of the second $what", ({ on, shown, colour }) => {
  const fleet = smallFleet([
    releaseOf("cart", "prod", { plane: "data/acme/eu" }),
    releaseOf("cart", "prod", { plane: "data/acme/us", ...on }),
  ]);
  const row = componentRows(fleet).find(({ component }) => component === "cart");
  const column = componentColumns(fleet, componentRows(fleet)).find(({ heading }) => heading === "prod");
  expect(row && [column?.value(row), column?.colour?.(row)]).toEqual([shown, colour]);
});
