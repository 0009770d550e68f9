/** Which requests the paths of operations are of: those that a component cannot tell apart, and no more. */
import { describe, expect, test } from "vitest";
import { doc, endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

type Path = { readonly type: string; readonly value: string };
type Operation = { readonly path: Path };
type Policies = {
  /** What may be done with the operation. */
  readonly allowed: Path | undefined;
  /** What the operation's limit counts. */
  readonly counted: Path | undefined;
};

/** The policies of the public route of a service `cart` whose class has one operation. */
async function pathsOf({ type, class: spec, api = "" }: { type: string; class: string; api?: string }) {
  const claim = `  apis: {api: {type: ${type}, className: guarded, exposeLevels: [Public]${api}}}\n`;
  const { releases, problems } = await renderTexts(
    ...surroundings,
    doc("APIClass", "guarded", `  ${spec}`),
    ...service("cart", { workload: endpointOf("api", type, 80), claim }),
  );
  expect(problems).toEqual([]);
  const objects = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
  const specOf = (wanted: string): unknown => objects.find(({ kind }) => kind === wanted)?.["spec"];
  // Of the renderer's own making, which other tests compare whole.
  const security = specOf("SecurityPolicy") as { authorization: { rules: { operation: Operation }[] } } | undefined;
  const traffic = specOf("BackendTrafficPolicy") as {
    rateLimit: { local: { rules: { clientSelectors: Operation[] }[] } };
  };
  return {
    allowed: security?.authorization.rules[0]?.operation.path,
    counted: traffic.rateLimit.local.rules[0]?.clientSelectors[0]?.path,
  } satisfies Policies;
}

/** A class whose operation, and whoever may call it, is of the path. */
function restClass(type: string, value: string): string {
  const [open, limit] = ["methods: [GET], access: Allow", "rateLimit: {requests: 1, window: 1h}"];
  const denied = "{path: {value: /never}, access: Deny}";
  return `restPolicy: {defaults: {operations: [{${open}, path: {type: ${type}, value: "${value}"}, ${limit}}, ${denied}]}}`;
}

/** Envoy matches a pattern as a whole. */
function matching({ value }: Path, paths: readonly string[]): readonly string[] {
  const pattern = new RegExp(`^(?:${value})$`);
  return paths.filter((path) => pattern.test(path));
}

describe("an exact path is counted", () => {
  test.for(["?", "?x=1", "?/y?z", "#", ";v=1", ";v?x"])("with %s behind it", async (behind) => {
    const { counted } = await pathsOf({ type: "REST", class: restClass("Exact", "/login") });
    const path = "/default/shop/cart/login";
    expect(counted && matching(counted, [path, `${path}${behind}`])).toEqual([path, `${path}${behind}`]);
  });

  test("and no other", async () => {
    const { counted } = await pathsOf({ type: "REST", class: restClass("Exact", "/a.b$(c)*+") });
    const path = "/default/shop/cart/a.b$(c)*+";
    const others = [`${path}x`, `${path}/`, `${path}/x`, `/x${path}`, path.replace(".", "x"), "/default/shop/cart"];
    expect(counted && matching(counted, [...others, path])).toEqual([path]);
  });

  test("by the letter where it is said who may, because there a query is none of it", async () => {
    const { allowed } = await pathsOf({ type: "REST", class: restClass("Exact", "/login") });
    expect(allowed).toEqual({ type: "Exact", value: "/default/shop/cart/login" });
  });

  test("of a method of gRPC too", async () => {
    const operation = "{service: shop.v1.Orders, method: List, rateLimit: {requests: 1, window: 1h}}";
    const { counted } = await pathsOf({
      type: "gRPC",
      class: `grpcPolicy: {defaults: {operations: [${operation}]}}`,
    });
    const path = "/shop.v1.Orders/List";
    const paths = [path, `${path}?x`, `${path}s`, "/shopXv1.Orders/List"];
    expect(counted && matching(counted, paths)).toEqual([path, `${path}?x`]);
  });
});

test.for(["", "/v1"])(
  "the API's own path below %j is one path with a slash at its end and without",
  async (basePath) => {
    const { allowed, counted } = await pathsOf({
      type: "REST",
      class: restClass("Exact", "/"),
      api: `, rest: {backend: {port: 80, basePath: "${basePath}"}}`,
    });
    expect(allowed).toEqual(counted);
    const base = `/default/shop/cart${basePath}`;
    const paths = [base, `${base}/`, `${base}?x`, `${base}/?x`, `${base}x`, `${base}/x`, `${base}//x`];
    expect(counted && matching(counted, paths)).toEqual([base, `${base}/`, `${base}?x`, `${base}/?x`]);
  },
);

test("a path with all below it is left to the gateway, which ends it at a slash or a query", async () => {
  const { allowed, counted } = await pathsOf({ type: "REST", class: restClass("PathPrefix", "/orders") });
  const path = { type: "PathPrefix", value: "/default/shop/cart/orders" };
  expect([allowed, counted]).toEqual([path, path]);
});
