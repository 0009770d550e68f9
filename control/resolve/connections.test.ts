import { expect, test } from "vitest";
import { doc, endpointOf, owner, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

const up = service("up", { workload: endpointOf("api", "HTTP", 80) });
const main = "    containers: {main: {image: a}}\n";

/** What to do about a connection of `cart`, placed in `prod` by a Binding of its own, while `up` is placed in `dev` only. */
async function remediesOf(params: string): Promise<readonly string[]> {
  const connections = `    connections: {up: {type: api, params: {${params}}, inject: {env: [{name: UP, value: "{{ .host }}"}]}}}\n`;
  const binding = doc(
    "ServiceBinding",
    "cart-prod",
    `${owner("cart")}  environment: prod\n  workloadSpec:\n${main}${connections}`,
  );
  const { problems } = await renderTexts(...surroundings, ...up, ...service("cart"), binding);
  return problems.filter(({ severity }) => severity === "error").map(({ code, remedy }) => `${code} ${remedy}`);
}

test.for([
  {
    what: "a Component that is placed elsewhere",
    params: "componentName: up, endpoint: api",
    yields: ["unknown-target write a ServiceBinding of up with environment: prod, or mend the names"],
  },
  {
    what: "a Component that is misspelt",
    params: "componentName: upp, endpoint: api",
    yields: ["unknown-target did you mean up?"],
  },
  {
    what: "a Project that is misspelt",
    params: "projectName: shpo, componentName: up, endpoint: api",
    yields: ["unknown-target did you mean shop?"],
  },
  {
    what: "a Project like no other",
    params: "projectName: warehouse, componentName: up, endpoint: api",
    yields: ["unknown-target deploy it there, or mend the names; there is only shop"],
  },
])("says what to do about $what", async ({ params, yields }) => {
  expect(await remediesOf(params)).toEqual(yields);
});
