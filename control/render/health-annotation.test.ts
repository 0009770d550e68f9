import { expect, test } from "vitest";
import { leafOrigins } from "../load/traced.ts";
import { doc, endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

const cart = service("cart", { workload: endpointOf("api", "TCP", 80) });

/** What the class `default` is rendered to for a service `cart`, with these lines in its spec. */
async function rendered(classSpec: string) {
  const platform = surroundings.map((text) =>
    text.includes("kind: ServiceClass") ? doc("ServiceClass", "default", classSpec) : text,
  );
  return await renderTexts(...platform, ...cart);
}

const template = "  deploymentTemplate: {replicas: 1}\n";
const rules = `${template}  health:
    - kind: apps/Deployment
      reason: "'too few'"
      healthy: object.status.readyReplicas > 0
    - kind: HTTPRoute
      healthy: "true"
`;

/** Where the first rule begins in the one file that all the documents stand in. */
const lineOfRule = surroundings.join("---\n").split("kind: ServiceClass")[0]!.split("\n").length + 6;

test("a class's rule stands on the objects of its kind, and on no other", async () => {
  const { releases, problems } = await rendered(rules);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const objects = releases.flatMap(({ manifests }) => manifests);
  const annotated = objects.flatMap(({ object }) => {
    const text = object.metadata.annotations?.["gitplane.dev/health"];
    return text === undefined ? [] : [[object.kind, JSON.parse(text) as unknown]];
  });
  const deployment = ["Deployment", { healthy: "object.status.readyReplicas > 0", reason: "'too few'" }];
  expect(annotated).toContainEqual(deployment);
  expect(annotated.map(([kind]) => kind)).not.toContain("Service");
  const [origin] = objects
    .filter(({ object }) => object.kind === "Deployment")
    .map(({ tree }) => leafOrigins(tree).get("/metadata/annotations/gitplane.dev~1health"));
  expect(origin).toEqual({ kind: "field", file: "specs.yaml", line: lineOfRule, column: 7 });
});

test("without rules not a byte is another, and with them only the annotation is", async () => {
  const texts = async (spec: string) => (await rendered(spec)).releases.map((release) => release.text());
  const [plain, ruled] = [await texts(template), await texts(rules)];
  const without = ruled.map((text) => text.replaceAll(/^ +gitplane\.dev\/health: .*\n/gmu, ""));
  expect(ruled).not.toEqual(plain);
  expect(without).toEqual(plain);
});

test("a rule that cannot be read keeps the Release as it was, with a Problem at its line", async () => {
  const { releases, problems } = await rendered(rules.replace("readyReplicas > 0", "readyReplicas >"));
  expect(releases.filter(({ path }) => path.startsWith("releases/"))).toEqual([]);
  const place = { file: "specs.yaml", line: lineOfRule + 2, column: 16 };
  expect(problems).toContainEqual(expect.objectContaining({ code: "invalid-health-rule", place }));
});
