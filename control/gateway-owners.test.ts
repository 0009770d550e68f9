/** What planes say of their gateways that others of the cluster have to know: who brings them, and who reaches what is there. */
import { expect, test } from "vitest";
import { Engine } from "./engine/engine.ts";
import { loadFiles, renderTexts } from "./specs-fixture.contract.ts";
import { cluster, clusterOwner, docOf, problemsOf, shared, tenant } from "./tenant-specs.contract.ts";

const red = { organization: "red", project: "shop", component: "cart" };
const manages = "manage: {external: {http: {}}}";

function named(texts: readonly string[], name: string): readonly string[] {
  return texts.map((text) =>
    text.includes("kind: DataPlane\n")
      ? text.replace("  gateway:", `  kubernetesCluster: {name: ${name}}\n  gateway:`)
      : text,
  );
}

const second = (name: string): string =>
  docOf("red", ["DataPlane", "aux"], `  kubernetesCluster: {name: ${name}}\n  gateway: {${manages}}`);
const told = (plane: string): string =>
  `cluster-conflict DataPlane ${plane} brings gateways to cluster one too, and of two only the first to come has them`;

test("two planes of one organization that bring gateways to one cluster are refused both, and their gateways stay", async () => {
  const found = await renderTexts(...named(tenant({ ...red, gateway: manages }), "one"), second("one"));
  expect(problemsOf(found)).toEqual([`error ${told("data.red.aux")}`, `error ${told("data.red.main")}`]);
  expect(found.releases.filter(({ path }) => path.startsWith("platform/"))).toEqual([]);
  const [{ place, remedy, related } = {}] = found.problems;
  expect([place?.line, remedy, related?.map(({ message }) => message)]).toEqual([
    12,
    "let one of them bring the gateways and name the organization of the other in sharedWith, and let the other say sharedFrom; or mend the cluster's name",
    ["DataPlane data.red.aux names the cluster here"],
  ]);
});

test("two organizations that bring gateways to what they call alike are both told, and both go on", async () => {
  const found = await renderTexts(
    ...named(clusterOwner([]), "one"),
    ...named(tenant({ ...red, gateway: manages }), "one"),
  );
  expect(problemsOf(found)).toEqual([`warning ${told("data.red.main")}`, `warning ${told("data.owner.main")}`]);
  expect(found.releases.filter(({ path }) => path === "platform/gateways.yaml")).toHaveLength(2);
});

test.for([
  { what: "another cluster", texts: [...named(tenant({ ...red, gateway: manages }), "one"), second("two")] },
  { what: "one that uses its gateways", texts: named([...clusterOwner(["red"]), ...tenant(red)], "one") },
  { what: "one that says no name", texts: [...tenant({ ...red, gateway: manages }), second("one")] },
])("a plane that brings gateways is no Problem beside $what", async ({ texts }) => {
  expect(problemsOf(await renderTexts(...texts))).toEqual([]);
});

test("who else brings gateways to the cluster is told as planes come and go, as from scratch", async () => {
  const step = { problems: [], recoveries: [], approvals: [], stop: undefined, rules: undefined };
  const own = await loadFiles(
    new Map([["red.yaml", named(tenant({ ...red, gateway: manages }), "one").join("---\n")]]),
  );
  const more = await loadFiles(new Map([["aux.yaml", second("one")]]));
  const engine = new Engine();
  expect(problemsOf(engine.exchange({ gone: [], come: [own], ...step }))).toEqual([]);
  const both = engine.exchange({ gone: [], come: [more], ...step });
  expect(problemsOf(both)).toEqual(problemsOf(new Engine().exchange({ gone: [], come: [own, more], ...step })));
  expect(problemsOf(both)).toHaveLength(2);
  expect(problemsOf(engine.exchange({ gone: [more], come: [], ...step }))).toEqual([]);
});

/** Of the owner's and of a guest's API, both for their organization alone. */
function inside(order: readonly string[], apiClass = "{}"): readonly string[] {
  const gateway = `organizationVirtualHost: inner.example, manage: {internal: {http: {}}, sharedWith: [${order.join(", ")}]}`;
  const guest = `organizationVirtualHost: inner.example, ${shared}`;
  return [...clusterOwner(order, { gateway }), ...tenant({ ...red, gateway: guest })].map((text) =>
    text
      .replace("exposeLevels: [Public]", "exposeLevels: [Organization]")
      .replace(/(kind: APIClass\n(?:.*\n)*spec:\n).*\n/, `$1  ${apiClass}\n`),
  );
}

test("what is for its organization at gateways that others use is told, since these reach it too", async () => {
  const found = await renderTexts(...inside(["red", "blue", "green", "grey"]));
  expect(problemsOf(found)).toEqual([
    "warning shared-gateway API api of status is for its Organization, and callers of red, blue, green and 1 more reach it too, at gateway-internal of data.owner.main",
    "warning shared-gateway API api of cart is for its Organization, and callers of owner, blue, green and 1 more reach it too, at gateway-internal of data.owner.main",
  ]);
  expect(found.releases.filter(({ path }) => path.startsWith("releases/"))).toHaveLength(2);
  const warning = found.problems.find(({ code }) => code === "shared-gateway");
  expect(warning?.remedy).toBe(
    "let its APIClass say authentication for the organization, or bring gateways that are not shared",
  );
  expect(warning?.related?.map(({ message }) => message)).toEqual(["the gateways are shared here"]);
});

test("it is not told where callers show who they are, nor where one organization alone uses the gateways", async () => {
  const asking =
    "{restPolicy: {organization: {authentication: {type: jwt, jwt: {jwks: 'https://login.example/keys'}}}}}";
  expect(problemsOf(await renderTexts(...inside(["red"], asking)))).toEqual([]);
  const alone = inside([cluster]).filter((text) => !text.includes("namespace: red\n") && !text.includes("name: red\n"));
  expect(problemsOf(await renderTexts(...alone))).toEqual([]);
  const open = "{restPolicy: {public: {authentication: {type: jwt, jwt: {jwks: 'https://login.example/keys'}}}}}";
  expect(problemsOf(await renderTexts(...inside(["red"], open)))).toHaveLength(2);
});

test("gateways of a controller whose pods nobody knows are told to say where they are", async () => {
  const gateway = (more: string): string => `${more}manage: {controllerName: example.com/other, external: {http: {}}}`;
  expect(problemsOf(await renderTexts(...tenant({ ...red, gateway: gateway("") })))).toEqual([
    "warning unsupported-policy cells let in what comes from the pods that Envoy Gateway makes, and the controller is example.com/other",
  ]);
  const said = gateway("sources: {external: [{namespace: edge, labels: {app: proxy}}]}, ");
  expect(problemsOf(await renderTexts(...tenant({ ...red, gateway: said })))).toEqual([]);
});
