import { expect, test } from "vitest";
import { doc, endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

async function problemsOf(ports: string): Promise<readonly string[]> {
  const platform = surroundings.map((text) =>
    text.includes("kind: ServiceClass") ? doc("ServiceClass", "default", `  serviceTemplate: {ports: ${ports}}`) : text,
  );
  const { problems, releases } = await renderTexts(
    ...platform,
    ...service("cart", { workload: endpointOf("api", "HTTP", 8080) }),
  );
  expect(releases.length === 0).toBe(problems.length > 0);
  return problems.map(({ code, message }) => `${code} ${message}`);
}

test.for([
  { ports: "[]", yields: [] },
  { ports: "[{port: 8080, appProtocol: http}]", yields: [] },
  { ports: "[{name: web, port: 80, targetPort: 8080}]", yields: [] },
  {
    ports: "[{port: 80, targetPort: 8080}]",
    yields: ["invalid-template port 80 has no name, which it needs beside other ports"],
  },
  {
    ports: "[{name: web, port: 80}, {name: web, port: 81}]",
    yields: ["invalid-template two ports are called web"],
  },
])("a class's ports $ports beside an endpoint's", async ({ ports, yields }) => {
  expect(await problemsOf(ports)).toEqual(yields);
});
