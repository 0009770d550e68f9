import { beforeAll, expect, test } from "vitest";
import { ExitError } from "../../process/exit-codes.ts";
import type { RenderedRelease } from "../render/render.ts";
import { readPlatform, renderFilesOf } from "../specs-fixture.contract.ts";
import { chooseRelease } from "./choose-release.ts";

let releases: readonly RenderedRelease[];
beforeAll(async () => {
  ({ releases } = await renderFilesOf(await readPlatform()));
});

test.for([
  "releases/shop/development/cart.yaml",
  "data/acme/development/releases/shop/development/cart",
  "shop/development/cart",
  "shop/cart/development",
  "shop/cart",
  "acme/cart",
  "cart-development",
  "cart",
])("takes %s for the only Release that it fits", (wanted) => {
  expect(chooseRelease(releases, wanted, undefined).path).toBe("releases/shop/development/cart.yaml");
});

test.for([
  ["cart/shop", "no Release is called cart/shop; there are ", "; look"],
  ["cart-dev", "no Release is called cart-dev; did you mean cart-development? there are ", "; look"],
  ["shop/crat", "no Release is called shop/crat; did you mean shop/cart? there are ", "; look"],
] as const)("says for %s what was meant", ([wanted, start, end]) => {
  const five = ["devices/archive", "devices/desk", "devices/hub", "fulfilment/invoices", "fulfilment/mailer"].map(
    (name) => name.replace("/", "/development/"),
  );
  const more = `, ${releases.length - 5} more`;
  expect(() => chooseRelease(releases, wanted, "look")).toThrow(
    new ExitError(2, `${start}${five.join(", ")}${more}${end}`),
  );
});

test("lists what several are meant, what is of no component last", () => {
  expect(() => chooseRelease(releases, "fulfilment", "look")).toThrow(
    new ExitError(
      2,
      "fulfilment may be fulfilment/development/invoices, fulfilment/development/mailer, fulfilment/development/payments, fulfilment/development/shipping, fulfilment/development/stock, 1 more; say which",
    ),
  );
  const two = new Set(["platform/gateways.yaml", "releases/shop/development/cart.yaml"]);
  const few = releases.filter(({ path }) => two.has(path));
  expect(() => chooseRelease(few, "acme", "look")).toThrow(
    new ExitError(2, "acme may be shop/development/cart, platform/gateways; say which"),
  );
});
