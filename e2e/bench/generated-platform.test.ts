import { load } from "js-yaml";
import { expect, test } from "vitest";
import { generatePlatform } from "./generated-platform.ts";

test("is as large as asked for: a file a component, a Binding for each later environment, and what they stand on", () => {
  const files = generatePlatform({ projects: 2, components: 10 });
  const kinds = [...files.values()]
    .flatMap((text) => text.split("---\n"))
    .map((text) => (load(text) as { kind: string }).kind); // every document has one: it is what we count
  const counts = Map.groupBy(kinds, (kind) => kind);
  expect(new Map([...counts].map(([kind, group]) => [kind, group.length]))).toEqual(
    new Map([
      ["Organization", 1],
      ["DataPlane", 3],
      ["Environment", 3],
      ["DeploymentPipeline", 1],
      ["ServiceClass", 9],
      ["WebApplicationClass", 9],
      ["APIClass", 1],
      ["Project", 2],
      ["Component", 10],
      ["Workload", 10],
      ["Service", 8],
      ["WebApplication", 2],
      ["ServiceBinding", 16],
      ["WebApplicationBinding", 4],
    ]),
  );
});
