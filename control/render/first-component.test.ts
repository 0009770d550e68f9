import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderFilesOf, repositoryRoot } from "../specs-fixture.contract.ts";

test("the guide's files render as it says, with the one warning that it speaks of", async () => {
  const guide = await readFile(join(repositoryRoot, "docs", "first-component.md"), "utf8");
  const files = new Map(
    [...guide.matchAll(/^`(\S+\.yaml)`\n\n```yaml\n(.*?)^```$/gms)].map(([, path = "", text = ""]) => [path, text]),
  );
  const { releases, problems } = await renderFilesOf(files);
  expect(problems.map(({ code }) => code)).toEqual(["unpinned-class"]);
  expect(
    releases.flatMap(({ path, release }) => [path, ...release.spec.resources.map(({ object }) => object.kind)]),
  ).toEqual([
    "cells/shop/development.yaml",
    "Namespace",
    "NetworkPolicy",
    "cells/shop/production.yaml",
    "Namespace",
    "NetworkPolicy",
    ...["development", "production"].flatMap((environment) => [
      `releases/shop/${environment}/orders.yaml`,
      "NetworkPolicy",
      "Service",
      "Deployment",
      "BackendTrafficPolicy",
      "SecurityPolicy",
      "HTTPRoute",
    ]),
  ]);
});
