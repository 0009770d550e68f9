import { expect, test } from "vitest";
import { leafOrigins } from "../load/traced.ts";
import { doc, endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

const cart = service("cart", { workload: endpointOf("api", "TCP", 80) });

/** Kinds of what the class `default` comes to for a service `cart`, with where the annotation comes from; without it undefined. */
async function rendered(line: string): Promise<ReadonlyMap<string, unknown>> {
  const platform = surroundings.map((text) =>
    text.includes("kind: ServiceClass") ? doc("ServiceClass", "default", `  deploymentTemplate: {}\n${line}`) : text,
  );
  const { releases, problems } = await renderTexts(...platform, ...cart);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const manifests = releases.filter(({ path }) => path.startsWith("releases/")).flatMap((release) => release.manifests);
  return new Map(
    manifests.map(({ object, tree }) => {
      const said = object.metadata.annotations?.["gitplane.dev/replace"];
      const origin = leafOrigins(tree).get("/metadata/annotations/gitplane.dev~1replace");
      return [object.kind, said === undefined ? undefined : { said, origin }];
    }),
  );
}

test("a class that says Replace has its objects replaced without asking", async () => {
  const said = { said: "allowed", origin: { kind: "field", file: "specs.yaml", line: expect.any(Number), column: 21 } };
  const kinds = await rendered("  immutableChanges: Replace");
  expect([kinds.get("Deployment"), kinds.get("Service")]).toEqual([said, said]);
});

test.each(["", "  immutableChanges: Hold"])("with %j nothing is said, and the agent holds", async (line) => {
  const kinds = await rendered(line);
  expect([...kinds.values()].filter((said) => said !== undefined)).toEqual([]);
  expect(kinds.size).toBeGreaterThan(1);
});
