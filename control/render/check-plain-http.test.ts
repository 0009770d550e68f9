import { expect, test } from "vitest";
import { endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

const routed = "  apis: {api: {type: REST, exposeLevels: [Organization, Public]}}\n";
const said = (port: number): string =>
  `warning unsupported-endpoint connections take endpoint api of cart for HTTPS by its port ${port}, and a gateway speaks plain HTTP to it`;

test.for([
  { of: "a REST endpoint at 443", type: "REST", port: 443, claim: routed, yields: [said(443)] },
  { of: "an HTTP endpoint at 8443", type: "HTTP", port: 8443, claim: routed, yields: [said(8443)] },
  { of: "one at another port", type: "REST", port: 8080, claim: routed, yields: [] },
  { of: "one that no gateway leads to", type: "REST", port: 443, claim: "", yields: [] },
  {
    of: "one that TLS is passed through to",
    type: "REST",
    port: 443,
    claim: routed.replace("REST", "TLS"),
    yields: [],
  },
  { of: "one whose connections have no https", type: "Websocket", port: 443, claim: routed, yields: [] },
])("a gateway before $of", async ({ type, port, claim, yields }) => {
  const { problems } = await renderTexts(
    ...surroundings,
    ...service("cart", { workload: endpointOf("api", type, port), claim }),
  );
  expect(problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`)).toEqual(yields);
});

test("a gateway before a web application that is taken for HTTPS", async () => {
  const site = service("cart", { workload: endpointOf("api", "HTTP", 8443) }).map((text) =>
    text.replace("type: Service", "type: WebApplication").replace("kind: Service", "kind: WebApplication"),
  );
  const { problems } = await renderTexts(...surroundings, ...site);
  expect(problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`)).toEqual([said(8443)]);
});
