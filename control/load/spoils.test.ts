import { expect, test } from "vitest";
import { workMs } from "../specs-fixture.contract.ts";
import { Spoils } from "./spoils.ts";

const spoil = (text: string, mayHoldMore = false) => new Spoils([{ file: "a.yaml", text, mayHoldMore }]);

test.for([
  { text: "name: cart\n", holds: true },
  { text: "namecart\n", holds: true },
  { text: "name: card\n", holds: false },
  { text: 'name: "c\\x61rt"\n', holds: true },
  { text: "c\0a\0r\0t\0", holds: true },
  { text: "", holds: false },
])("$text may hold cart: $holds", ({ text, holds }) => {
  expect(spoil(text).holderOf("cart")).toBe(holds ? "a.yaml" : undefined);
});

test("what was cut off may hold any name, and plainly names only what is left", () => {
  const spoils = spoil("kind: Component\nname: pay\n", true);
  expect([spoils.holderOf("cart"), spoils.couldBe("Component", "cart"), spoils.couldBe("Component", "pay")]).toEqual([
    "a.yaml",
    false,
    true,
  ]);
});

test("a kind and a name count together only when one text has both as words", () => {
  const spoils = new Spoils([
    { file: "a.yaml", text: "kind: Component\nname: carts\n", mayHoldMore: false },
    { file: "b.yaml", text: "kind: Service\ncomponentName: cart\n", mayHoldMore: false },
  ]);
  expect([
    spoils.couldBe("Component", "cart"),
    spoils.couldBe("Service", "cart"),
    spoils.couldBe("Component", "carts"),
  ]).toEqual([false, true, true]);
});

test("a Binding counts where it, its component and its environment stand in one text", () => {
  const spoils = spoil("kind: ServiceBinding\ncomponentName: cart\nenvironment: dev\n");
  expect([
    spoils.fileBinding("cart", "dev"),
    spoils.fileBinding("cart", "prod"),
    spoils.fileBinding("pay", "dev"),
    spoils.fileNaming("ServiceBinding", "cart"),
    spoils.fileNaming("ServiceBinding", "pay"),
  ]).toEqual(["a.yaml", undefined, undefined, "a.yaml", undefined]);
});

test("ten thousand names are looked up in ten thousand texts in no time", () => {
  const spoils = new Spoils(
    Array.from({ length: 10_000 }, (_, index) => ({
      file: `${index}.yaml`,
      text: `kind: Component\nname: c${index}\n`,
      mayHoldMore: false,
    })),
  );
  const startedMs = workMs();
  for (let index = 0; index < 10_000; index += 1) expect(spoils.holderOf(`c${index}`)).toBe(`${index}.yaml`);
  expect(workMs() - startedMs).toBeLessThan(2000);
});
