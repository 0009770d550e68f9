/** What an API of each type may be of. */
import { expect, test } from "vitest";
import { endpointTypes } from "../../schemas/workload.ts";
import { endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

/** `message, related` of the errors of an API at an endpoint. */
async function errorsOf(api: string, endpoint: string, level = "Public"): Promise<readonly string[]> {
  const port = api === "TCP" || api === "UDP" ? ", gatewayPort: 5000" : "";
  const claim = `  apis: {api: {type: ${api}, exposeLevels: [${level}]${port}}}\n`;
  const documents = service("cart", { workload: endpointOf("api", endpoint, 80), claim });
  const { problems } = await renderTexts(...surroundings, ...documents);
  return problems
    .filter(({ severity }) => severity === "error")
    .map(({ message, related = [] }) => [message, ...related.map((one) => one.message)].join(", "));
}

const http = ["HTTP", "REST", "GraphQL", "Websocket"];
const overTcp = ["HTTP", "REST", "gRPC", "GraphQL", "Websocket", "TCP"];

test.for<[string, readonly string[]]>([
  ["REST", http],
  ["HTTP", http],
  ["GraphQL", http],
  ["Websocket", http],
  ["gRPC", ["gRPC"]],
  ["TLS", overTcp],
  ["TCP", overTcp],
  ["UDP", ["UDP"]],
])("an API of %s that is exposed is of an endpoint of %s", async ([api, served]) => {
  const taken = await Promise.all(
    endpointTypes.map(async (type) => ((await errorsOf(api, type)).length === 0 ? [type] : [])),
  );
  expect(taken.flat().toSorted()).toEqual(served.toSorted());
});

test("an API that leads to what speaks something else is told both, and nothing where it has no route", async () => {
  expect(await errorsOf("REST", "TCP")).toEqual([
    "endpoint api of cart speaks TCP, and a route of REST leads to HTTP, REST, GraphQL, Websocket, the type of endpoint api stands here",
  ]);
  expect(await errorsOf("gRPC", "HTTP")).toEqual([
    "endpoint api of cart speaks HTTP, and a route of gRPC leads to gRPC, the type of endpoint api stands here",
  ]);
  expect(await errorsOf("gRPC", "HTTP", "Project")).toEqual([]);
});
