/** Whose the names are at gateways that organizations share: what the owner has is nobody else's to be found at, whoever asks first. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadFiles, renderTexts } from "./specs-fixture.contract.ts";
import { Engine } from "./engine/engine.ts";
import { ReleaseMemory } from "./engine/release-memory.ts";
import type { Rendered } from "./render-specs.ts";
import {
  cluster,
  clusterOwner,
  docOf,
  objectsOf,
  problemsOf,
  shared,
  type Tenant,
  tenant,
} from "./tenant-specs.contract.ts";

const red = (rest: Partial<Tenant>): Tenant => ({ organization: "red", project: "shop", component: "cart", ...rest });
const blue = (rest: Partial<Tenant>): Tenant => ({
  organization: "blue",
  project: "depot",
  component: "stock",
  ...rest,
});

/** The plane of the owner, whose virtual host is apps.example, with this said of its external gateway and of who shares it. */
function owner(external: string, order: readonly string[] = ["red", "blue"]): readonly string[] {
  const gateway = `manage: {external: {https: {issuer: {name: ca}}, ${external}}, sharedWith: [${order.join(", ")}]}`;
  return clusterOwner(order, { gateway });
}

/** Of an organization whose plane has a virtual host of its own and whose environment has a label. */
function under(given: Tenant, virtualHost: string, label: string): readonly string[] {
  return tenant(given).map((text) =>
    text
      .replace("publicVirtualHost: apps.example", `publicVirtualHost: ${virtualHost}`)
      .replace("dataPlaneRef: main", `{dataPlaneRef: main, gateway: {dnsPrefix: ${label}}}`),
  );
}

/** Organizations whose components are rendered. */
function rendered({ releases }: Rendered): readonly string[] {
  return releases.filter(({ path }) => path.startsWith("releases/")).map(({ plane }) => plane.organization);
}

/** Names in the certificates of the gateways, by the end of the certificate's name. */
function certified(found: Rendered): Readonly<Record<string, readonly string[]>> {
  const certificates = objectsOf(found).filter(({ id }) => id.includes("/Certificate/"));
  return Object.fromEntries(
    certificates.map(({ id, object }) => {
      const { spec } = object as { readonly spec: { readonly dnsNames: readonly string[] } }; // a Certificate
      return [/-tls(?:-([a-z]+)-\w+)?$/.exec(id)?.[1] ?? cluster, spec.dnsNames];
    }),
  );
}

function errorsOf(found: Rendered): readonly string[] {
  return problemsOf(found).filter((text) => text.startsWith("error "));
}

const held = "domains: [pay.example.net, '*.example.org']";
const own = ["dev.apps.example", "*.dev.apps.example", "pay.example.net", "*.example.org"];

type Names = { readonly owner: string; readonly domains: readonly string[]; readonly given: readonly string[] };

/** Whether a name that red has is one that the owner has and did not give it, told in another way than the engine does. */
function isOwners(name: string, { owner: host, domains, given }: Names): boolean {
  const bare = name.replace("*.", "");
  const within = (entry: string): boolean => `.${bare}`.endsWith(`.${entry.replace("*.", "")}`);
  const longest = (entries: readonly string[]): number =>
    Math.max(0, ...entries.filter(within).map((entry) => entry.replace("*.", "").length));
  return (
    longest([host, ...domains.filter((entry) => !entry.startsWith("*.") || entry.slice(2) !== bare)]) > longest(given)
  );
}

test("whatever a guest writes, it is found at no name of the owner's that it was not given, nor certified for one", async () => {
  const host = fc.constantFrom("a.example", "b.a.example", "c.b.a.example", "c.example", "a.c.example");
  const entry = fc.oneof(
    host,
    host.map((name) => `*.${name}`),
  );
  const world = fc.record({
    owner: host,
    domains: fc.uniqueArray(entry, { maxLength: 3 }),
    given: fc.uniqueArray(entry, { maxLength: 2 }),
    virtualHost: fc.oneof(host, fc.constantFrom("example", "d.example")),
    label: fc.constantFrom("a", "b", "c", "dev"),
    domain: fc.option(host, { nil: undefined }),
  });
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(world, async ({ virtualHost, label, domain, ...names }) => {
      fc.pre(virtualHost !== names.owner); // there all who share it are found
      const list = (entries: readonly string[]): string => entries.map((one) => `'${one}'`).join(", ");
      const given = names.given.length === 0 ? "" : `, guestDomains: {red: [${list(names.given)}]}`;
      const specs = owner(`domains: [${list(names.domains)}]${given}`, ["red"]);
      const found = await renderTexts(
        ...specs.map((text) => text.replace("apps.example", names.owner)),
        ...under(red(domain === undefined ? {} : { domains: domain }), virtualHost, label),
      );
      const routes = objectsOf(found).filter(
        ({ organization, id }) => organization === "red" && id.includes("/HTTPRoute/"),
      );
      const hosts = routes.flatMap(({ object }) => {
        const { spec } = object as unknown as { readonly spec: { readonly hostnames: readonly string[] } }; // an HTTPRoute
        return spec.hostnames;
      });
      taken += hosts.length;
      const all = [...hosts, ...(certified(found)["red"] ?? [])];
      expect(all.filter((name) => isOwners(name, names))).toEqual([]);
      const everything = Object.values(certified(found)).flat();
      expect(new Set(everything).size).toBe(everything.length);
    }),
    { numRuns: 100 },
  );
  // Guests that are always refused would prove nothing.
  expect(taken).toBeGreaterThan(20);
});

describe("a domain", () => {
  test("of the owner's is no guest's, though the owner's organization does not use it yet", async () => {
    const found = await renderTexts(...owner(held), ...tenant(red({ domains: "pay.example.net" })));
    expect(problemsOf(found)).toEqual([
      "error missing-virtual-host gateway-external of data.owner.main does not answer for pay.example.net for organization red",
    ]);
    expect(rendered(found)).toEqual([cluster]);
    const { remedy, place } = found.problems.find(({ code }) => code === "missing-virtual-host") ?? {};
    expect(remedy).toBe(
      "have the owners of the gateways add it to spec.gateway.manage.external.guestDomains.red of their DataPlane",
    );
    expect(place?.line).toBeGreaterThan(1);
  });

  test("that the owner gives to a guest is that guest's, in its certificate and nobody else's", async () => {
    const given = `${held}, guestDomains: {blue: [pay.example.org]}`;
    const domains = "pay.example.org";
    const [asking, also, both] = await Promise.all([
      renderTexts(...owner(given), ...tenant(blue({ domains }))),
      renderTexts(...owner(given), ...tenant(red({ domains })), ...tenant(blue({ domains }))),
      renderTexts(...tenant(blue({ domains })), ...owner(given)),
    ]);
    expect(problemsOf(asking)).toEqual([]);
    expect(rendered(asking).toSorted()).toEqual(["blue", cluster]);
    expect(certified(asking)).toEqual({ [cluster]: own, blue: ["pay.example.org"] });
    // Though red comes first in sharedWith, it has no word in it.
    expect(errorsOf(also)).toEqual([
      "error missing-virtual-host gateway-external of data.owner.main does not answer for pay.example.org for organization red",
    ]);
    expect(rendered(also).toSorted()).toEqual(["blue", cluster]);
    expect(rendered(both).toSorted()).toEqual(["blue", cluster]);
  });

  test("that the owner gave away is the owner's no more, whatever pattern of its own it is of", async () => {
    const gateway = `manage: {external: {http: {}, ${held}, guestDomains: {blue: [pay.example.org]}}, sharedWith: [blue]}`;
    const found = await renderTexts(...clusterOwner(["blue"], { gateway, domains: "pay.example.org" }));
    expect(problemsOf(found)).toEqual([
      "error host-conflict status would answer pay.example.org in dev, and pay.example.org is organization blue's at the gateways of data.owner.main",
    ]);
    expect(found.problems.at(-1)?.remedy).toBe("take another name, or take pay.example.org out of guestDomains");
  });

  test("that two guests were given is the earlier one's, as for all else that two ask for", async () => {
    const given = "guestDomains: {red: ['*.example.org'], blue: ['*.example.org']}";
    const domains = "pay.example.org";
    const found = await renderTexts(...owner(given), ...tenant(red({ domains })), ...tenant(blue({ domains })));
    expect(errorsOf(found).map((text) => text.split(",", 1)[0])).toEqual(["error host-conflict pay.example.org/"]);
    expect(rendered(found).toSorted()).toEqual([cluster, "red"]);
    // Of two certificates with one name the gateway leaves out the later.
    expect(certified(found)).toEqual({ [cluster]: own.slice(0, 2), red: ["*.example.org"] });
  });

  test("of one that is not let in gives nothing, and is told at its line", async () => {
    const found = await renderTexts(...owner("guestDomains: {green: [pay.example.org]}"));
    expect(problemsOf(found)).toEqual([
      "warning unused-field organization green has domains at the gateway and is none of those that sharedWith lets in",
    ]);
    expect(certified(found)).toEqual({ [cluster]: own.slice(0, 2) });
  });
});

describe("the host that a guest's virtual host and dnsPrefix come to", () => {
  const refused = [
    { what: "is a domain of the owner's", virtualHost: "example.net", label: "pay", name: "pay.example.net" },
    { what: "is of a pattern of the owner's", virtualHost: "example.org", label: "any", name: "*.example.org" },
    { what: "is below a domain of the owner's", virtualHost: "pay.example.net", label: "x", name: "pay.example.net" },
    { what: "is below one of a pattern", virtualHost: "a.b.example.org", label: "x", name: "*.example.org" },
    { what: "is above a domain of the owner's", virtualHost: "net", label: "example", name: "pay.example.net" },
    { what: "is what a pattern is below", virtualHost: "org", label: "example", name: "*.example.org" },
    { what: "is the owner's virtual host", virtualHost: "example", label: "apps", name: "apps.example" },
    { what: "is below the owner's environment", virtualHost: "dev.apps.example", label: "x", name: "*.apps.example" },
  ];

  test.for(refused)("is refused where it $what", async ({ virtualHost, label, name }) => {
    const specs = [...owner(held), ...under(red({}), virtualHost, label)];
    const found = await renderTexts(...specs);
    const host = `${label}.${virtualHost}`;
    expect(problemsOf(found)).toEqual([
      `error host-conflict organization red would be found at ${host} and below it, and ${name} is organization owner's at the gateways of data.owner.main`,
      `error host-conflict cart would answer ${host} in dev, and ${name} is organization owner's at the gateways of data.owner.main`,
    ]);
    expect(rendered(found)).toEqual([cluster]);
    expect(certified(found)).toEqual({ [cluster]: own });
    expect(problemsOf(await renderTexts(...specs.toReversed())).toSorted()).toEqual(problemsOf(found).toSorted());
  });

  const taken = [
    { what: "beside a domain of the owner's", virtualHost: "example.net", label: "dev", given: "" },
    { what: "that ends like one without a dot between", virtualHost: "mypay.example.net", label: "x", given: "" },
    { what: "that it was given", virtualHost: "example.org", label: "red", given: "red.example.org" },
    { what: "below one that it was given", virtualHost: "red.example.org", label: "dev", given: "red.example.org" },
    { what: "of a pattern that it was given too", virtualHost: "example.org", label: "red", given: "*.example.org" },
    {
      what: "below the owner's that it was given",
      virtualHost: "red.apps.example",
      label: "x",
      given: "red.apps.example",
    },
  ];

  test.for(taken)("is taken $what", async ({ virtualHost, label, given }) => {
    const more = given === "" ? "" : `, guestDomains: {red: ['${given}']}`;
    const found = await renderTexts(...owner(`${held}${more}`), ...under(red({}), virtualHost, label));
    expect(problemsOf(found)).toEqual([]);
    expect(rendered(found).toSorted()).toEqual([cluster, "red"]);
    const host = `${label}.${virtualHost}`;
    expect(certified(found)["red"]).toEqual(expect.arrayContaining([host, `*.${host}`]));
    const names = Object.values(certified(found)).flat();
    expect(new Set(names).size).toBe(names.length);
  });

  test("is refused where another guest was given it, in whatever order they share", async () => {
    for (const order of [
      ["red", "blue"],
      ["blue", "red"],
    ]) {
      const found = await renderTexts(
        ...owner("guestDomains: {blue: [dev.red.example]}", order),
        ...under(red({}), "red.example", "dev"),
        ...tenant(blue({ domains: "dev.red.example" })),
      );
      expect(errorsOf(found)).toEqual([
        "error host-conflict organization red would be found at dev.red.example and below it, and dev.red.example is organization blue's at the gateways of data.owner.main",
        "error host-conflict cart would answer dev.red.example in dev, and dev.red.example is organization blue's at the gateways of data.owner.main",
      ]);
      expect(rendered(found).toSorted()).toEqual(["blue", cluster]);
    }
  });

  test("is refused where it is that of another plane of the owner's, which uses the gateways too", async () => {
    const order = ["red", cluster];
    const second = docOf(cluster, ["DataPlane", "aux"], `  gateway: {publicVirtualHost: aux.example, ${shared}}`);
    const found = await renderTexts(...owner("", order), second, ...under(red({}), "aux.example", "dev"));
    expect(errorsOf(found).map((text) => text.split(",", 1)[0])).toEqual([
      "error host-conflict organization owner comes before red at gateway-external of data.owner.main and has the virtual host aux.example in its certificate",
      "error host-conflict organization red would be found at dev.aux.example and below it",
      "error host-conflict cart would answer dev.aux.example in dev",
    ]);
  });

  test("is everybody's below the owner's virtual host, save what the owner gave away", async () => {
    const all = await renderTexts(...owner(held), ...tenant(red({})), ...tenant(blue({})));
    expect(problemsOf(all)).toEqual([]);
    expect(rendered(all).toSorted()).toEqual(["blue", cluster, "red"]);
    const given = await renderTexts(
      ...owner("guestDomains: {blue: [dev.apps.example]}"),
      ...tenant(red({})),
      ...tenant(blue({})),
    );
    expect(errorsOf(given).map((text) => text.split(",", 1)[0])).toEqual([
      "error host-conflict organization owner would be found at dev.apps.example and below it",
      "error host-conflict status would answer dev.apps.example in dev",
      "error host-conflict organization red would be found at dev.apps.example and below it",
      "error host-conflict cart would answer dev.apps.example in dev",
    ]);
    expect(rendered(given)).toEqual(["blue"]);
    expect(certified(given)).toEqual({ blue: ["dev.apps.example"] });
  });
});

test("a name that the owner took is refused as it comes, and to an engine that remembers the Release from before", async () => {
  const step = { problems: [], recoveries: [], approvals: [], stop: undefined, rules: undefined };
  const contentOf = async (file: string, texts: readonly string[]) => loadFiles(new Map([[file, texts.join("---\n")]]));
  const guest = await contentOf("red.yaml", under(red({}), "example.net", "pay"));
  const [before, after] = [await contentOf("owner.yaml", owner("")), await contentOf("owner.yaml", owner(held))];
  const engine = new Engine();
  expect(rendered(engine.exchange({ gone: [], come: [before, guest], ...step })).toSorted()).toEqual([cluster, "red"]);
  const remembered = engine.remembered();
  expect(remembered).toHaveLength(2);
  const found = engine.exchange({ gone: [before], come: [after], ...step });
  expect(rendered(found)).toEqual([cluster]);
  const later = new Engine(new ReleaseMemory(remembered));
  const again = later.exchange({ gone: [], come: [after, guest], ...step });
  expect(rendered(again)).toEqual([cluster]);
  expect(problemsOf(again)).toEqual(problemsOf(found));
});
