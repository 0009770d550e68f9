/** Which namespaces the gateways that organizations share take routes from: those of planes that both sides agree on. */
import { expect, test } from "vitest";
import { labelKeys } from "../schemas/labels.ts";
import type { Rendered } from "./render-specs.ts";
import { renderTexts, treeOf } from "./specs-fixture.contract.ts";
import { cluster, clusterOwner, docOf, objectsOf, problemsOf, shared, tenant } from "./tenant-specs.contract.ts";

type Labels = Readonly<Record<string, string>>;
type Selector = {
  readonly matchLabels: Labels;
  readonly matchExpressions: readonly { readonly key: string; readonly operator: string; readonly values: string[] }[];
};
type Gateway = {
  readonly spec: {
    readonly listeners: readonly { readonly allowedRoutes: { readonly namespaces: { readonly selector: Selector } } }[];
  };
};

/** As the API server selects (Kubernetes, "Labels and Selectors"): everything that is asked for has to hold. */
function isSelected(labels: Labels, { matchLabels, matchExpressions }: Selector): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => operator === "In" && values.includes(labels[key] ?? ""))
  );
}

/** Whether the listeners of the gateways take routes from namespaces with these labels; all of them agree. */
function takes(labels: Labels, rendered: Rendered): boolean {
  const listeners = objectsOf(rendered)
    .filter(({ organization, id }) => organization === cluster && id.includes("/Gateway/"))
    .flatMap(({ object }) => (object as Gateway).spec.listeners); // by its id
  const answers = new Set(listeners.map(({ allowedRoutes }) => isSelected(labels, allowedRoutes.namespaces.selector)));
  expect(answers.size).toBe(1);
  return answers.has(true);
}

/** Labels of the cells, by organization. */
function cells(rendered: Rendered): Readonly<Record<string, Labels>> {
  const namespaces = objectsOf(rendered).filter(({ id }) => id.startsWith("Namespace/dp-"));
  return Object.fromEntries(
    namespaces.map(({ organization, object }) => {
      const { metadata } = object as { readonly metadata: { readonly labels: Labels } }; // a Namespace
      return [organization, metadata.labels];
    }),
  );
}

const red = { organization: "red", project: "shop", component: "cart" };
const blue = { organization: "blue", project: "depot", component: "stock" };
const alone = "organizationVirtualHost: inner.example";

/** Its environment on a second plane, of which this is said, in the same cluster for all that is known. */
function onSecond(texts: readonly string[], organization: string, gateway: string): readonly string[] {
  const second = docOf(organization, ["DataPlane", "aux"], `  gateway: {publicVirtualHost: aux.example, ${gateway}}`);
  return [...texts.map((text) => text.replace("dataPlaneRef: main", "dataPlaneRef: aux")), second];
}

test.for([
  { what: "the owner's", whose: cluster, specs: clusterOwner(["red"]), taken: true },
  { what: "one that is let in and says so", whose: "red", specs: tenant(red), taken: true },
  {
    what: "one that is let in and leaves it out",
    whose: "red",
    specs: tenant({ ...red, gateway: alone }),
    taken: false,
  },
  {
    what: "one that is let in and leaves it out of its second plane",
    whose: "red",
    specs: onSecond(tenant(red), "red", alone),
    taken: false,
  },
  {
    what: "one that is let in and says so of its second plane too",
    whose: "red",
    specs: onSecond(tenant(red), "red", shared),
    taken: true,
  },
  {
    what: "one that is let in and brings gateways of its own",
    whose: "red",
    specs: tenant({ ...red, gateway: "manage: {external: {http: {}}}" }),
    taken: false,
  },
  { what: "one that is not let in", whose: "blue", specs: tenant({ ...blue, gateway: alone }), taken: false },
])("routes of $what are taken: $taken", async ({ whose, specs, taken }) => {
  const found = await renderTexts(...(whose === cluster ? [] : clusterOwner(["red"])), ...specs);
  expect(problemsOf(found)).toEqual([]);
  expect(takes(cells(found)[whose] ?? {}, found)).toBe(taken);
});

test("another plane of the owner uses them as that of any other organization", async () => {
  const owner = (order: string[], said: string) => onSecond(clusterOwner(order), cluster, said);
  const silent = await renderTexts(...owner([], alone));
  expect(takes(cells(silent)[cluster] ?? {}, silent)).toBe(false);
  const both = await renderTexts(...owner([cluster], shared));
  expect(problemsOf(both)).toEqual([]);
  expect(takes(cells(both)[cluster] ?? {}, both)).toBe(true);
});

test("the namespace of one that is let in no more stays as it was, and nothing is taken from it", async () => {
  const before = await renderTexts(...clusterOwner(["red"]), ...tenant(red));
  const labels = cells(before)["red"] ?? {};
  expect(takes(labels, before)).toBe(true);
  const after = await renderTexts(...clusterOwner([]), ...tenant(red));
  const tree = treeOf(before);
  const path = "data.red.main/cells/shop/dev.yaml";
  expect(treeOf(after, tree).get(path)).toBe(tree.get(path));
  expect(takes(labels, after)).toBe(false);
});

test("a namespace without labels, or with one of the two, is not taken from", async () => {
  const found = await renderTexts(...clusterOwner(["red"]));
  const [organization, gateways] = [{ [labelKeys.organization]: "red" }, { [labelKeys.gateways]: "data.owner.main" }];
  const answers = [{}, organization, gateways, { ...organization, ...gateways }].map((labels) => takes(labels, found));
  expect(answers).toEqual([false, false, false, true]);
});

test("gateways of an owner that names others only are nobody's by their own word", async () => {
  const found = await renderTexts(...clusterOwner(["red"]), ...tenant({ ...blue, gateway: shared }));
  expect(problemsOf(found)).toEqual([
    "error unknown-plane no DataPlane main of organization owner shares its gateways with blue",
  ]);
  expect(Object.keys(cells(found))).not.toContain("blue");
});

test("gateways of a plane whose name is too long for a label are nobody's to use", async () => {
  const long = "m".repeat(60);
  const brought = clusterOwner(["red"]).map((text) => text.replaceAll(/\bmain\b/g, long));
  const found = await renderTexts(...brought, ...tenant({ ...red, gateway: shared.replace("main", long) }));
  expect(
    problemsOf(found)
      .map((problem) => problem.split(" ", 2).join(" "))
      .toSorted(),
  ).toEqual(["error name-too-long", "error unknown-plane"]);
  expect(found.releases).toEqual([]);
});
