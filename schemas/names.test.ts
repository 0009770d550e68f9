import fc from "fast-check";
import { expect, test } from "vitest";
import {
  apiPath,
  apiRouteName,
  callerPolicyName,
  cellNamespace,
  cellObjectName,
  guestName,
  isDnsLabel,
  mayBeCellOf,
  partName,
  reservedComponentName,
  webApplicationHost,
} from "./names.ts";

test("keeps two tenants apart whose joined names are equal", () => {
  const one = cellNamespace({ organization: "acme", project: "pay-api", environment: "prod" });
  const other = cellNamespace({ organization: "acme-pay", project: "api", environment: "prod" });
  expect(one).not.toBe(other);
});

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);

test("gives every cell a legal namespace that differs from any other cell's", () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(label, label, label, (organization, project, environment) => {
      const namespace = cellNamespace({ organization, project, environment });
      expect(isDnsLabel(namespace)).toBe(true);
      const parts = [organization, project, environment].join("/");
      expect(seen.get(namespace) ?? parts).toBe(parts);
      seen.set(namespace, parts);
    }),
  );
});

test("shows of every cell's namespace whose organization's it may be", () => {
  fc.assert(
    fc.property(label, label, label, (organization, project, environment) => {
      expect(mayBeCellOf(organization, cellNamespace({ organization, project, environment }))).toBe(true);
    }),
    { numRuns: 2000 },
  );
  const [long, dashed] = ["o".repeat(63), `${"o".repeat(14)}${"-".repeat(40)}o`];
  for (const organization of [long, dashed])
    expect(mayBeCellOf(organization, cellNamespace({ organization, project: long, environment: long }))).toBe(true);
  expect(mayBeCellOf("acme", "dp-other-shop-dev-00000000")).toBe(false);
});

test("names a namespace readably and stably", () => {
  expect(cellNamespace({ organization: "default", project: "gcp-microservice-demo", environment: "development" })).toBe(
    "dp-default-gcp-microservice-demo-development-bcae240c",
  );
});

test.for([
  ["/greeter", "/default/p/c/greeter"],
  ["greeter/", "/default/p/c/greeter"],
  ["/", "/default/p/c"],
  ["//a/./b", "/default/p/c/a/b"],
])("puts base path %j at %j", ([basePath, path]) => {
  expect(apiPath({ organization: "default", project: "p", component: "c" }, basePath ?? "")).toBe(path);
});

test("separates web applications of equal name by project and organization", () => {
  const owner = { organization: "acme", project: "shop", component: "web" };
  expect(webApplicationHost(owner, { label: "dev", virtualHost: "apps.example" })).toBe(
    "web-shop-acme.dev.apps.example",
  );
});

test("names what a plane holds for an organization with a label, and for any other otherwise", () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(label, (organization) => {
      for (const prefix of ["gateways", "gateway-external-tls"]) {
        const name = guestName(prefix, organization);
        expect(isDnsLabel(name)).toBe(true);
        expect(seen.get(name) ?? organization).toBe(organization);
        seen.set(name, organization);
      }
    }),
  );
  const [one, other] = [`${"o".repeat(62)}1`, `${"o".repeat(62)}2`];
  expect(guestName("gateways", one)).not.toBe(guestName("gateways", other));
});

const cell = { organization: "acme", project: "shop", environment: "dev" };
const levels = ["Organization", "Public"] as const;
/** Few letters, so that one name is often the beginning of another. */
const short = fc.stringMatching(/^[ab](-?[ab]){0,3}$/);

/** What a component and its neighbour call objects in their namespace, as `kind name`, each with whose it is. */
function namesOf(component: string, { neighbour, part }: { neighbour: string; part: string }): Map<string, string> {
  const whose = `component ${component}`;
  const [caller, target] = [component, neighbour].map((name) => ({ ...cell, component: name }));
  if (caller === undefined || target === undefined) throw new Error("there are two");
  const routes = levels.flatMap((level) =>
    (["own", "domains"] as const).map((at) => apiRouteName({ component, api: part, level, at })),
  );
  return new Map([
    [`Service ${component}`, whose],
    [`policy ${component}`, whose],
    [`policy ${cellObjectName(cell)}`, "the cell"],
    [`policy ${callerPolicyName(caller, target, "80-tcp")}`, `${whose} to ${neighbour}`],
    [`route ${component}`, whose],
    ...routes.map((name, index) => [`route ${name}`, `${whose} ${part} ${index}`] as const),
    [`ConfigMap ${partName(component, "files")}`, whose],
    [`claim ${partName(component, part)}`, `${whose} ${part}`],
    [`Secret ${partName(component, part)}`, `${whose} ${part}`],
    [`Secret ${partName(component, part, "configuration")}`, `${whose} group ${part}`],
  ]);
}

test("gives no two objects of a namespace one name, whatever components and their parts are called", () => {
  const given = fc.record({ component: short, neighbour: short, part: short });
  const likeOurs = given.chain(({ component, neighbour, part }) =>
    fc.constantFrom(...[...namesOf(component, { neighbour, part }).keys()].map((key) => key.split(" ")[1] ?? "")),
  );
  const component = fc.oneof(short, likeOurs.filter(isDnsLabel)).filter((name) => !reservedComponentName.test(name));
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(component, component, short, (name, neighbour, part) => {
      for (const [key, whose] of namesOf(name, { neighbour, part })) {
        expect(`${key} of ${seen.get(key) ?? whose}`).toBe(`${key} of ${whose}`);
        seen.set(key, whose);
      }
    }),
    { numRuns: 3000 },
  );
});

test.for([
  "cell-04d839c4",
  "from-shop-cart-to-stock-80-tcp-0123abcd",
  "cart-api-public-0123abcd",
  "a-b-organization-domains-0123abcd",
])("keeps %s from components", (name) => {
  expect(reservedComponentName.test(name)).toBe(true);
});

test.for(["cell", "cell-one", "from-scratch", "cart-public", "cart-0123abcd", "public-0123abcde"])(
  "leaves %s to components",
  (name) => {
    expect(reservedComponentName.test(name)).toBe(false);
  },
);
