import { expect, test } from "vitest";
import { workMs } from "../specs-fixture.contract.ts";
import { everything } from "./allowance.ts";
import { Spoils } from "./spoils.ts";

const spoil = (text: string, mayHoldMore = false) =>
  new Spoils([{ file: "a.yaml", text, mayHoldMore, holds: everything }]);

test.for([
  { text: "name: cart\n", holds: true },
  { text: "namecart\n", holds: true },
  { text: "name: card\n", holds: false },
  { text: 'name: "c\\x61rt"\n', holds: true },
  { text: "c\0a\0r\0t\0", holds: true },
  { text: "", holds: false },
])("$text may hold cart: $holds", ({ text, holds }) => {
  expect(spoil(text).holderOf("acme", "cart")).toBe(holds ? "a.yaml" : undefined);
});

test("what was cut off may hold any name, and plainly names only what is left", () => {
  const spoils = spoil("kind: Component\nname: pay\n", true);
  expect([
    spoils.holderOf("acme", "cart"),
    spoils.couldBe("acme", "Component", "cart"),
    spoils.couldBe("acme", "Component", "pay"),
  ]).toEqual(["a.yaml", false, true]);
});

test("a kind and a name count together only when one text has both as words", () => {
  const spoils = new Spoils([
    { file: "a.yaml", text: "kind: Component\nname: carts\n", mayHoldMore: false, holds: everything },
    { file: "b.yaml", text: "kind: Service\ncomponentName: cart\n", mayHoldMore: false, holds: everything },
  ]);
  expect([
    spoils.couldBe("acme", "Component", "cart"),
    spoils.couldBe("acme", "Service", "cart"),
    spoils.couldBe("acme", "Component", "carts"),
  ]).toEqual([false, true, true]);
});

test("a Binding counts where it, its component and its environment stand in one text", () => {
  const spoils = spoil("kind: ServiceBinding\ncomponentName: cart\nenvironment: dev\n");
  expect([
    spoils.fileBinding("acme", "cart", "dev"),
    spoils.fileBinding("acme", "cart", "prod"),
    spoils.fileBinding("acme", "pay", "dev"),
    spoils.fileNaming("acme", "ServiceBinding", "cart"),
    spoils.fileNaming("acme", "ServiceBinding", "pay"),
  ]).toEqual(["a.yaml", undefined, undefined, "a.yaml", undefined]);
});

test("ten thousand names are looked up in ten thousand texts in no time", () => {
  const spoils = new Spoils(
    Array.from({ length: 10_000 }, (_, index) => ({
      file: `${index}.yaml`,
      text: `kind: Component\nname: c${index}\n`,
      mayHoldMore: false,
      holds: everything,
    })),
  );
  const startedMs = workMs();
  for (let index = 0; index < 10_000; index += 1) expect(spoils.holderOf("acme", `c${index}`)).toBe(`${index}.yaml`);
  expect(workMs() - startedMs).toBeLessThan(2000);
});

test.for([
  { holds: { organizations: new Set(["acme"]), kinds: "all" }, says: ["a.yaml", true, true] },
  { holds: { organizations: new Set(["beta"]), kinds: "all" }, says: [undefined, false, false] },
  { holds: { organizations: "all", kinds: new Set(["Service"]) }, says: ["a.yaml", false, false] },
  { holds: { organizations: "all", kinds: new Set(["ServiceBinding"]) }, says: ["a.yaml", true, true] },
  { holds: { organizations: "all", kinds: new Set(["Environment", "ServiceClass"]) }, says: [undefined, false, false] },
] as const)("of what may have held $holds only that is asked", ({ holds, says }) => {
  const text = "kind: ServiceBinding\ncomponentName: cart\nenvironment: dev\n";
  const spoils = new Spoils([{ file: "a.yaml", text, mayHoldMore: false, holds }]);
  expect([
    spoils.holderOf("acme", "cart"),
    spoils.couldBe("acme", "ServiceBinding", "cart"),
    spoils.fileBinding("acme", "cart", "dev") !== undefined,
  ]).toEqual(says);
});

test("thousands of tenants, each with a spoiled file, cost each other nothing", () => {
  const spoils = new Spoils(
    Array.from({ length: 5000 }, (_, index) => ({
      file: `${index}.yaml`,
      text: `kind: Component\nname: c${index}\n`,
      mayHoldMore: false,
      holds: { organizations: new Set([`o${index}`]), kinds: "all" as const },
    })),
  );
  const startedMs = workMs();
  for (let index = 0; index < 5000; index += 1)
    expect(spoils.holderOf(`o${index}`, `c${(index % 2) * index}`)).toBe(
      index % 2 === 1 || index === 0 ? `${index}.yaml` : undefined,
    );
  expect(workMs() - startedMs).toBeLessThan(6000);
});
