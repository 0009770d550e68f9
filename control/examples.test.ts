/** The examples of the reference pages are one platform in which everything is right. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kindSlug } from "../schemas/kind-slug.ts";
import { kindNames } from "../schemas/kinds.ts";
import { renderFilesOf, repositoryRoot } from "./specs-fixture.contract.ts";

test("every kind has an example, and all of them render without an error", async () => {
  const folder = join(repositoryRoot, "fixtures/examples");
  const names = await readdir(folder);
  expect(names.toSorted()).toEqual(
    [...kindNames.map((kind) => `${kindSlug(kind)}.yaml`), "surroundings.yaml"].toSorted(),
  );
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
  );
  const { problems, releases } = await renderFilesOf(new Map(texts));
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const placed = releases.flatMap(({ release }) => release.spec.owner.componentName ?? []);
  expect(placed.toSorted()).toEqual(["catalog", "catalog", "cleanup", "cleanup", "storefront", "storefront"]);
});
