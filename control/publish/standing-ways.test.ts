import { expect, test } from "vitest";
import { endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";
import { StandingWays } from "./standing-ways.ts";

const path = "releases/shop/dev/cart.yaml";

test("a Release is read once, and again when another blob of it stands there", async () => {
  const to = "{type: api, params: {componentName: stock, endpoint: api}, inject: {env: []}}";
  const blobs = new Map<string, string>();
  for (const [oid, connections] of [
    ["1", `{to: ${to}}`],
    ["2", "{}"],
  ] as const) {
    const { releases } = await renderTexts(
      ...surroundings,
      ...service("cart", { workload: `  connections: ${connections}\n` }),
      ...service("stock", { workload: endpointOf("api", "REST", 80) }),
    );
    blobs.set(oid, releases.find((release) => release.path === path)?.text() ?? "");
  }
  const asked: string[] = [];
  const repository = {
    readBlob: (oid: string) => {
      asked.push(oid);
      return Promise.resolve(Buffer.from(blobs.get(oid) ?? ""));
    },
  };
  const standing = new StandingWays();
  const targetsAt = async (oid: string): Promise<readonly string[]> => {
    const ways = await standing.read(new Map([[path, oid]]), repository);
    return (ways.get(path) ?? []).map(({ target }) => target.component);
  };
  expect([await targetsAt("1"), await targetsAt("1"), await targetsAt("2"), await targetsAt("2")]).toEqual([
    ["stock"],
    ["stock"],
    [],
    [],
  ]);
  expect(asked).toEqual(["1", "2"]);
  expect(await standing.read(new Map(), repository)).toEqual(new Map());
  expect(await targetsAt("2")).toEqual([]);
  expect(asked).toEqual(["1", "2", "2"]);
});
