/** Invariant 3 where auto-deploy has written its Bindings: mistakes take away neither a Release nor a Binding, removals do. */
import { beforeAll, expect, test } from "vitest";
import type { ParseCache } from "../load/load.ts";
import { goneFrom, readPlatform, renderFilesOf, treeOf } from "../specs-fixture.contract.ts";
import { editsOf, withEdits } from "./edits-fixture.contract.ts";

let texts: ReadonlyMap<string, string>;
let full: ReadonlyMap<string, string>;
const cache: ParseCache = new Map();

beforeAll(async () => {
  const platform = await readPlatform();
  texts = withEdits(platform, (await editsOf(platform)).edits);
  full = treeOf(await renderFilesOf(texts));
});

type Outcome = {
  readonly gone: readonly string[];
  readonly removed: readonly string[];
  /** Files of Bindings with errors. */
  readonly errors: readonly string[];
};

async function outcomeOf(files: ReadonlyMap<string, string>): Promise<Outcome> {
  const rendered = await renderFilesOf(files, cache);
  const { edits } = await editsOf(files);
  return {
    gone: goneFrom(full, rendered),
    removed: edits.filter(({ action }) => action === "remove").map(({ path }) => path),
    errors: rendered.problems
      .filter(({ severity, place }) => severity === "error" && place.file.includes("/bindings/"))
      .map(({ place }) => place.file),
  };
}

const edited = (path: string, text: string | undefined): ReadonlyMap<string, string> =>
  new Map(
    [...texts].flatMap(([each, old]) => (each !== path ? [[each, old]] : text === undefined ? [] : [[each, text]])),
  );

const nothing = { gone: [], removed: [] };

test("a component with all its documents goes at once, and its Binding with it, without a word to who removed it", async () => {
  const outcomes: Record<string, Outcome> = {};
  for (const [path, text] of texts)
    if (text.includes("kind: Component")) outcomes[path] = await outcomeOf(edited(path, undefined));
  const expected = Object.keys(outcomes).map((path) => {
    const [project = "", component = ""] = path.slice(0, -".yaml".length).split("/");
    // Its Bindings in staging and production are a person's.
    const isBound = component === "search";
    const outcome = {
      gone: isBound ? [] : [`data.acme.development/releases/${project}/development/${component}.yaml`],
      removed: isBound ? [] : [`acme/${project}/${component}/bindings/development.yaml`],
      errors: isBound ? ["shop/bindings/search-production.yaml", "shop/bindings/search-staging.yaml"] : [],
    };
    return [path, outcome];
  });
  expect(Object.keys(outcomes).length).toBe(17);
  expect(outcomes).toEqual(Object.fromEntries(expected));
});

test("one document of a component, or its Binding, removed: nothing goes", async () => {
  for (const [path, text] of texts) {
    if (!path.startsWith("acme/") && !text.includes("kind: Component")) continue;
    const documents = text.split(/^---\n/m);
    for (const index of documents.keys()) {
      const rest = documents.filter((_, other) => other !== index).join("---\n");
      expect({ path, index, ...(await outcomeOf(edited(path, rest))) }).toMatchObject(nothing);
    }
  }
});

test("a Binding of auto-deploy cut off anywhere or with any one name misspelt takes nothing away", async () => {
  const path = "acme/shop/cart/bindings/development.yaml";
  const text = texts.get(path) ?? "";
  const cuts = Array.from({ length: Math.floor(text.length / 13) }, (_, index) => text.slice(0, index * 13 + 1));
  const slips = [...text.matchAll(/(?<=: |- )[a-z][a-z-]+$/gm)].map(
    ({ index, 0: name }) =>
      `${text.slice(0, index)}${name.slice(0, -2)}x${name.slice(-1)}${text.slice(index + name.length)}`,
  );
  for (const each of [...cuts, ...slips])
    expect({ each, ...(await outcomeOf(edited(path, each))) }).toMatchObject(nothing);
});

test("a component's file that cannot be used takes away neither its Release nor its Binding", async () => {
  const spoil: readonly ((text: string) => string)[] = [
    (text) => `${text}\n}: [\n`,
    (text) => text.replaceAll(/^kind:/gm, "knd: x\nkind:"),
    (text) => text.replaceAll(/^kind: (\w+)\w$/gm, "kind: $1"),
    (text) => text.replaceAll("/v1alpha1", "/v1alpha2"),
    (text) => text.replaceAll(/^ +(name|projectName|componentName): .*\n/gm, ""),
    (text) => `${text}---\n${text}`,
    (text) => text.slice(0, text.length / 3),
    (text) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`,
  ];
  for (const path of [
    "shop/cart.yaml",
    "shop/reminders.yaml",
    "fulfilment/stock.yaml",
    "platform/pipeline.yaml",
    "shop/project.yaml",
  ])
    for (const [index, each] of spoil.entries())
      expect({ path, index, ...(await outcomeOf(edited(path, each(texts.get(path) ?? "")))) }).toMatchObject(nothing);
});
