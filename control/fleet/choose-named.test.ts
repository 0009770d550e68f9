import { expect, test } from "vitest";
import { chooseNamed } from "./choose-named.ts";

const all = ["acme/shop/cart", "acme/shop/web", "acme/back/cart", "other/back/mail"].map((path) => ({
  words: path.split("/"),
  value: path,
}));

test.for<readonly [string, string]>([
  ["web", "acme/shop/web"],
  ["shop/cart", "acme/shop/cart"],
  ["acme/back/cart", "acme/back/cart"],
  ["other/mail", "other/back/mail"],
])("%j is %j", ([wanted, path]) => {
  expect(chooseNamed("component", wanted, all)).toBe(path);
});

test.for<readonly [string, string]>([
  ["cart", "cart may be shop/cart, back/cart; say which"],
  ["shop/wed", "there is no component shop/wed; did you mean shop/web?"],
  [
    "nothing",
    "there is no component nothing; there are acme/shop/cart, acme/shop/web, acme/back/cart, other/back/mail",
  ],
  ["", "there is no component ; there are acme/shop/cart, acme/shop/web, acme/back/cart, other/back/mail"],
])("%j is refused", ([wanted, message]) => {
  expect(() => chooseNamed("component", wanted, all)).toThrow(
    expect.objectContaining({ exitCode: 2, message }) as Error,
  );
});
