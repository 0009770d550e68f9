import { describe, expect, test } from "vitest";
import { doc, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";
import { readWays, withoutObjects } from "./read-ways.ts";

const path = "releases/shop/dev/cart.yaml";
const to = (project: string, component: string, endpoint: string): string =>
  `{type: api, params: {projectName: ${project}, componentName: ${component}, endpoint: ${endpoint}}, inject: {env: []}}`;
const endpoints = "  endpoints: {api: {type: REST, port: 80}, dns: {type: UDP, port: 53}}\n";
const apis = "  apis: {api: {type: REST, rest: {backend: {port: 80}, exposeLevels: [Public]}}}\n";

/** The file of the cart, which has an exposed endpoint of its own, and connects within its project, to another, and outside. */
async function fileOfCart(networkPolicy: string): Promise<string> {
  const connections = [to("shop", "audit", "dns"), to("store", "stock", "api"), to("store", "stock", "api")];
  const listed = connections.map((text, index) => `c${index}: ${text}`);
  const outside = "out: {type: external, params: {cidr: 192.0.2.0/24, port: 443}, inject: {env: []}}";
  const { releases, problems } = await renderTexts(
    ...surroundings.map((text) =>
      text.includes("kind: DataPlane\n") ? `${text}  networkPolicy: ${networkPolicy}\n` : text,
    ),
    doc("Project", "store", "  deploymentPipelineRef: line"),
    ...service("cart", { workload: `${endpoints}  connections: {${[...listed, outside].join(", ")}}\n`, claim: apis }),
    ...service("audit", { workload: endpoints }),
    ...service("stock", { workload: endpoints, claim: apis }).map((text) => text.replace("Name: shop", "Name: store")),
  );
  expect(problems).toEqual([]);
  return releases.find((release) => release.path === path)?.text() ?? "";
}

describe.each([
  { networkPolicy: "Cilium", kind: "cilium.io/CiliumNetworkPolicy" },
  { networkPolicy: "Kubernetes", kind: "networking.k8s.io/NetworkPolicy" },
])("policies of $networkPolicy", ({ networkPolicy, kind }) => {
  const target = (project: string, component: string) => ({
    organization: "default",
    project,
    component,
    environment: "dev",
  });
  const idOf = (text: string): unknown => expect.stringMatching(new RegExp(`^${kind}/dp-default-${text}-[0-9a-f]{8}$`));

  test("are read back as the ways in that connections lead to, each once", async () => {
    const text = await fileOfCart(networkPolicy);
    expect(readWays(path, text)).toEqual([
      {
        id: idOf("shop-dev-04d839c4/from-shop-cart-to-audit-53-udp"),
        target: target("shop", "audit"),
        port: 53,
        protocol: "UDP",
      },
      {
        id: idOf("store-dev-[0-9a-f]{8}/from-shop-cart-to-stock-80-tcp"),
        target: target("store", "stock"),
        port: 80,
        protocol: "TCP",
      },
    ]);
    expect(readWays("cells/shop/dev.yaml", text)).toEqual([]);
  });

  test("go from the file one by one, and all else stays to the byte", async () => {
    const text = await fileOfCart(networkPolicy);
    const [first, second] = readWays(path, text).map(({ id }) => id);
    expect(withoutObjects(text, new Set())).toBe(text);
    const left = withoutObjects(text, new Set([second ?? ""]));
    expect(readWays(path, left).map(({ id }) => id)).toEqual([first]);
    const documents = (each: string): readonly string[] => each.split(/^(?= *- id: )/m);
    const part = documents(text).find((each) => each.includes(`id: ${second ?? ""}`)) ?? "";
    expect(documents(left).map((each) => each.trimEnd())).toEqual(
      documents(text)
        .filter((each) => each !== part)
        .map((each) => each.trimEnd()),
    );
  });
});

test.each(["", "kind: [", "kind: Release\n", "a: &a {}\nb: *a\n"])(
  "no ways stand in %j, and it stays as it is",
  (text) => {
    expect(readWays(path, text)).toEqual([]);
    expect(withoutObjects(text, new Set(["v1/Service/a/b"]))).toBe(text);
  },
);
