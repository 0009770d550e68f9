/** Organizations beside each other: nothing in the specs of one names, or renders into, what is another's. */
import { describe, expect, test } from "vitest";
import { labelKeys } from "../schemas/labels.ts";
import { planeKey } from "../schemas/layout.ts";
import { cellNamespace } from "../schemas/names.ts";
import { Engine } from "./engine/engine.ts";
import type { Rendered } from "./render-specs.ts";
import { goneFrom, loadFiles, renderFilesOf, renderTexts, treeOf } from "./specs-fixture.contract.ts";
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

/** Organizations whose components are rendered. */
function rendered({ releases }: Rendered): readonly string[] {
  return releases.filter(({ path }) => path.startsWith("releases/")).map(({ plane }) => plane.organization);
}

describe("two claims for one place at gateways that organizations share", () => {
  const red = (rest: Partial<Tenant>): Tenant => ({ organization: "red", project: "shop", component: "cart", ...rest });
  const blue = (rest: Partial<Tenant>): Tenant => ({
    organization: "blue",
    project: "depot",
    component: "stock",
    ...rest,
  });
  const port = { endpoint: "TCP", api: ", gatewayPort: 5432" };
  const places = [
    { what: "a port", claim: port, said: "TCP port 5432 of gateway-external" },
    { what: "a domain", claim: { domains: "www.example.net" }, said: "www.example.net/" },
  ];
  const pairs = places.flatMap((place) => [
    { ...place, order: ["red", "blue"], first: "cart of shop", later: "stock", kept: "red", whose: "blue" },
    { ...place, order: ["blue", "red"], first: "stock of depot", later: "cart", kept: "blue", whose: "red" },
  ]);

  test.for(pairs)("$what is $kept's where the owner names it first", async ({ claim, said, order, ...row }) => {
    const specs = [...clusterOwner(order), ...tenant(red(claim)), ...tenant(blue(claim))];
    const found = await renderTexts(...specs);
    const { first, later, kept, whose } = row;
    expect(problemsOf(found).toSorted()).toEqual([
      `error host-conflict ${said}, where ${later} would answer in dev, is also answered by ${first} in dev, whose organization comes before ${whose} at the gateways that they share`,
      expect.stringMatching(/^warning host-conflict /),
    ]);
    expect(rendered(found).toSorted()).toEqual([kept, cluster].toSorted());
    // Whatever the order of the files, and from scratch, it is the same.
    expect(rendered(await renderTexts(...specs.toReversed())).toSorted()).toEqual([kept, cluster].toSorted());
  });

  test("it is the owner's before all", async () => {
    const found = await renderTexts(...clusterOwner(["red"], port), ...tenant(red(port)));
    expect(rendered(found)).toEqual([cluster]);
  });

  test("a host that two owners' names come to is one claim, and the later is refused", async () => {
    const web = (given: Tenant): readonly string[] =>
      tenant(given).map((text) =>
        text
          .replace("type: Service\n", "type: WebApplication\n")
          .replace("kind: Service\n", "kind: WebApplication\n")
          .replace(/, apis: .*}}}/, "}"),
      );
    const honest = { organization: "corp", project: "shop-it", component: "web" };
    const crafted = { organization: "it-corp", project: "shop", component: "web" };
    const found = await renderTexts(...clusterOwner(["corp", "it-corp"]), ...web(honest), ...web(crafted));
    expect(problemsOf(found).filter((text) => text.startsWith("error"))).toEqual([
      "error host-conflict web-shop-it-corp.dev.apps.example/, where web would answer in dev, is also answered by web of shop-it in dev, whose organization comes before it-corp at the gateways that they share",
    ]);
    expect(rendered(found).toSorted()).toEqual(["corp", cluster]);
  });

  const below = (basePath: string): string => `, rest: {backend: {port: 80, basePath: ${basePath}}}`;
  const domains = "www.example.net";

  test("a domain is of one organization, whatever the paths", async () => {
    const found = await renderTexts(
      ...clusterOwner(["red", "blue"]),
      ...tenant(red({ domains })),
      ...tenant(blue({ domains, api: below("/checkout") })),
    );
    expect(problemsOf(found)).toEqual([
      "warning host-conflict www.example.net, where cart would answer in dev, is also answered by stock of depot in dev, and a host is of one organization",
      "error host-conflict www.example.net, where stock would answer in dev, is also answered by cart of shop in dev, whose organization comes before blue at the gateways that they share",
    ]);
    expect(rendered(found).toSorted()).toEqual([cluster, "red"]);
  });

  test("paths of a domain are one organization's to give to its components", async () => {
    const stock = { ...blue({ domains, api: below("/checkout") }), organization: "red", project: "shop" };
    const second = tenant(stock).filter((text) => text.includes("stock"));
    const found = await renderTexts(...clusterOwner(["red"]), ...tenant(red({ domains })), ...second);
    expect(problemsOf(found)).toEqual([]);
    expect(rendered(found).toSorted()).toEqual([cluster, "red", "red"]);
  });

  /** With a virtual host and a dnsPrefix that come to the host of another. */
  const under = (given: Tenant, virtualHost: string, prefix: string): readonly string[] =>
    tenant(given).map((text) =>
      text
        .replace("apps.example", virtualHost)
        .replace("dataPlaneRef: main", `{dataPlaneRef: main, gateway: {dnsPrefix: ${prefix}}}`),
    );

  test("a virtual host of its own word does not bring an organization to another's domain", async () => {
    const specs = [...clusterOwner(["blue"], { domains }), ...under(blue({}), "example.net", "www")];
    const found = await renderTexts(...specs);
    expect(problemsOf(found).filter((text) => text.startsWith("error"))).toEqual([
      "error host-conflict www.example.net, where stock would answer in dev, is also answered by status of base in dev, whose organization comes before blue at the gateways that they share",
    ]);
    expect(rendered(found)).toEqual([cluster]);
    expect(rendered(await renderTexts(...specs.toReversed()))).toEqual([cluster]);
  });

  test("nor to the virtual host of another, unless it is that of the gateways' owner", async () => {
    const [cart, stock] = [red({}), blue({})];
    const both = (host: string): readonly string[] => [...under(cart, host, "dev"), ...under(stock, host, "dev")];
    const found = await renderTexts(...clusterOwner(["red", "blue"]), ...both("red.example"));
    expect(problemsOf(found).map((text) => text.split(",", 2).join(","))).toEqual([
      "warning host-conflict dev.red.example, where cart would answer in dev",
      "error host-conflict dev.red.example, where stock would answer in dev",
    ]);
    expect(rendered(found).toSorted()).toEqual([cluster, "red"]);
    const owners = await renderTexts(...clusterOwner(["red", "blue"]), ...both("apps.example"));
    expect(problemsOf(owners)).toEqual([]);
    expect(rendered(owners).toSorted()).toEqual(["blue", cluster, "red"]);
  });

  test.for(["far", "zone"])("who has a domain on plane main and on %s has it on both", async (second) => {
    const owners = clusterOwner(["red"], { domains, api: below("/v1") }).map((text) =>
      text.replace("dataPlaneRef: main", `dataPlaneRefs: [main, ${second}]`),
    );
    const plane = docOf(cluster, ["DataPlane", second], "  gateway: {publicVirtualHost: far.example}");
    const calls = red({ domains, endpoint: "gRPC", api: "" });
    expect(rendered(await renderTexts(...owners, plane, ...tenant(calls)))).toEqual([cluster, cluster]);
  });

  test("a Release of the later one that was published before stays as it is, and that of the earlier is new", async () => {
    const before = await renderTexts(...clusterOwner(["red", "blue"]), ...tenant(red({})), ...tenant(blue(port)));
    expect(rendered(before).toSorted()).toEqual(["blue", cluster, "red"]);
    const after = await renderTexts(...clusterOwner(["red", "blue"]), ...tenant(red(port)), ...tenant(blue(port)));
    const tree = treeOf(before);
    expect(goneFrom(tree, after)).toEqual([]);
    const path = "data.blue.main/releases/depot/dev/stock.yaml";
    expect(treeOf(after, tree).get(path)).toBe(tree.get(path));
  });

  test("where nothing says that the gateways are one, both are told and both are rendered", async () => {
    const own = { ...port, gateway: "manage: {external: {tcp: [5432], domains: ['*.example.net']}}" };
    const apart = await renderTexts(...tenant(red(own)), ...tenant(blue(own)));
    expect(problemsOf(apart)).toEqual([]);
    const domain = { ...own, endpoint: "REST", api: ", rest: {backend: {port: 80}}", domains: "www.example.net" };
    const managed = { ...domain, gateway: "manage: {external: {http: {}, domains: ['*.example.net']}}" };
    const told = await renderTexts(...tenant(red(managed)), ...tenant(blue(managed)));
    expect(problemsOf(told).map((text) => text.split(" ", 2).join(" "))).toEqual([
      "warning host-conflict",
      "warning host-conflict",
    ]);
    expect(rendered(told)).toEqual(["blue", "red"]);
    const paths = await renderTexts(...tenant(red(managed)), ...tenant(blue({ ...managed, api: below("/checkout") })));
    expect(problemsOf(paths).map((text) => text.split(",", 1)[0])).toEqual([
      "warning host-conflict www.example.net",
      "warning host-conflict www.example.net",
    ]);
    expect(rendered(paths)).toEqual(["blue", "red"]);
  });
});

describe("names that are made to look like another's", () => {
  const pairs = [
    [
      { organization: "acme", project: "pay-api", component: "cart" },
      { organization: "acme-pay", project: "api", component: "cart" },
    ],
    [
      { organization: "a", project: "b-c", component: "x" },
      { organization: "a-b", project: "c", component: "x" },
    ],
  ] as const;

  test.for(pairs)("%o and %o share no namespace, no cluster-wide object and no label", async ([one, other]) => {
    const order = [one.organization, other.organization];
    const found = await renderTexts(...clusterOwner(order), ...tenant(one), ...tenant(other));
    expect(problemsOf(found)).toEqual([]);
    const objects = objectsOf(found);
    const ids = objects.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(found.releases.map(({ plane }) => planeKey(plane))).size).toBe(3);
    for (const { organization, object } of objects) {
      const { metadata } = object as { readonly metadata: { readonly labels: Readonly<Record<string, string>> } };
      expect(metadata.labels[labelKeys.organization]).toBe(organization);
    }
  });

  test("what is cluster-wide has the organization's name in it, or is brought by one plane", async () => {
    const found = await renderTexts(
      ...clusterOwner(["red"]),
      ...tenant({ organization: "red", project: "shop", component: "cart" }),
    );
    const clusterWide = objectsOf(found).filter(({ object }) => !JSON.stringify(object).includes('"namespace":'));
    expect(clusterWide.map(({ organization, id }) => `${organization} ${id}`).toSorted()).toEqual([
      `owner Namespace/${cellNamespace({ organization: "owner", project: "base", environment: "dev" })}`,
      "owner Namespace/openchoreo-data-plane",
      "owner gateway.networking.k8s.io/GatewayClass/openchoreo",
      `red Namespace/${cellNamespace({ organization: "red", project: "shop", environment: "dev" })}`,
    ]);
  });
});

describe("a namespace that a Project adopts", () => {
  const victim: Tenant = { organization: "red", project: "shop", component: "cart" };
  const attacker: Tenant = { organization: "blue", project: "depot", component: "stock" };
  const cellOf = ({ organization, project }: Tenant): string =>
    cellNamespace({ organization, project, environment: "dev" });
  const refusal = (namespace: string, owner: string): string =>
    `error namespace-conflict namespace ${namespace} is a cell of organization ${owner}`;
  const unproven = (namespace: string, own: string): string =>
    `error namespace-conflict namespace ${namespace} is called as cells are, and is none of organization ${own}`;

  test("may not be the cell of another organization, whatever is known of their clusters", async () => {
    const stealing = { ...attacker, cell: `{namespace: ${cellOf(victim)}}` };
    for (const gateway of [shared, "manage: {external: {http: {}}}"]) {
      const specs = [...tenant({ ...victim, gateway }), ...tenant({ ...stealing, gateway })];
      const found = await renderTexts(...clusterOwner(["blue", "red"]), ...specs);
      expect(problemsOf(found)).toEqual([refusal(cellOf(victim), "red")]);
      expect(rendered(found).toSorted()).toEqual([cluster, "red"]);
    }
  });

  const unusable = [
    { what: "Project cannot be read", kind: "Project", instead: (text: string) => `${text}: [\n` },
    { what: "Project has a mistake", kind: "Project", instead: (text: string) => `${text}  nothing: true\n` },
    { what: "Project is gone", kind: "Project", instead: () => "" },
    { what: "Environment cannot be read", kind: "Environment", instead: (text: string) => `${text}: [\n` },
    { what: "Environment is gone", kind: "Environment", instead: () => "" },
  ] as const;

  test.for(unusable)("may not be the cell of another whose $what while it stands", async ({ kind, instead }) => {
    const gateway = "organizationVirtualHost: inner.example";
    const stealing = tenant({ ...attacker, gateway, cell: `{namespace: ${cellOf(victim)}}` });
    const broken = tenant({ ...victim, gateway }).map((text) =>
      text.includes(`kind: ${kind}\n`) ? instead(text) : text,
    );
    const files = [
      ["blue.yaml", stealing] as const,
      ...broken.map((text, index) => [`red-${index}.yaml`, [text]] as const),
    ];
    const found = await renderFilesOf(new Map(files.map(([path, texts]) => [path, texts.join("---\n")])));
    expect(problemsOf(found)).toContain(unproven(cellOf(victim), "blue"));
    expect(rendered(found)).toEqual([]);
  });

  test("may be a cell of the own organization, by the name that it has no more", async () => {
    const own = cellNamespace({ organization: "red", project: "store", environment: "dev" });
    const found = await renderTexts(
      ...tenant({ ...victim, gateway: "organizationVirtualHost: inner.example", cell: `{namespace: ${own}}` }),
      docOf("red", ["Project", "store"], "  {deploymentPipelineRef: line, environments: {dev: {namespace: legacy}}}"),
    );
    expect(problemsOf(found)).toEqual([]);
    expect(rendered(found)).toEqual(["red"]);
  });

  test("is of the organization that comes first, where two that share a cluster adopt it", async () => {
    const cell = "{namespace: legacy}";
    const adopting = [...tenant({ ...victim, cell }), ...tenant({ ...attacker, cell })];
    const found = await renderTexts(...clusterOwner(["red", "blue"]), ...adopting);
    expect(problemsOf(found)).toEqual([
      "error namespace-conflict namespace legacy is adopted by organization red too, which comes before blue at the gateways that they share",
    ]);
    expect(rendered(found).toSorted()).toEqual([cluster, "red"]);
    const ownClusters = adopting.map((text) => text.replace(shared, "manage: {external: {http: {}}}"));
    expect(problemsOf(await renderTexts(...clusterOwner([]), ...ownClusters))).toEqual([]);
  });

  test("is told to both and rendered for both, where nothing is known of their clusters", async () => {
    const gateway = "organizationVirtualHost: inner.example";
    const found = await renderTexts(
      ...tenant({ ...victim, gateway, cell: "{namespace: payments}" }),
      ...tenant({ ...attacker, gateway, cell: "{namespace: payments, quota: {pods: '0'}}" }),
    );
    expect(problemsOf(found).toSorted()).toEqual([
      "warning namespace-conflict namespace payments is adopted by organization blue too, and nothing says whether their clusters are one",
      "warning namespace-conflict namespace payments is adopted by organization red too, and nothing says whether their clusters are one",
    ]);
    expect(rendered(found)).toEqual(["blue", "red"]);
  });

  test("is judged as others come and go, as from scratch", async () => {
    const stealing = tenant({ ...attacker, cell: `{namespace: ${cellOf(victim)}}` });
    const others = await loadFiles(
      new Map([["others.yaml", [...clusterOwner(["blue", "red"]), ...stealing].join("---\n")]]),
    );
    const theirs = await loadFiles(new Map([["red.yaml", tenant(victim).join("---\n")]]));
    const engine = new Engine();
    const step = { problems: [], recoveries: [], approvals: [], stop: undefined, rules: undefined };
    const alone = engine.exchange({ gone: [], come: [others], ...step });
    expect(problemsOf(alone)).toEqual([unproven(cellOf(victim), "blue")]);
    expect(rendered(alone)).toEqual([cluster]);
    const found = engine.exchange({ gone: [], come: [theirs], ...step });
    expect(problemsOf(found)).toEqual([refusal(cellOf(victim), "red")]);
    expect(rendered(found).toSorted()).toEqual([cluster, "red"]);
    const without = engine.exchange({ gone: [theirs], come: [], ...step });
    expect(problemsOf(without)).toEqual(problemsOf(alone));
    expect(rendered(without)).toEqual([cluster]);
  });
});

describe("references", () => {
  const fields = [
    ["DataPlane", "{gateway: {sharedFrom: {organization: red/x, name: main}}}"],
    ["DataPlane", "{imagePullSecretRefs: [red/pull]}"],
    ["Environment", "{dataPlaneRef: red/main}"],
    ["Environment", "{dataPlaneRefs: [red/main]}"],
    ["DeploymentPipeline", "{promotionPaths: [{sourceEnvironmentRef: red/dev, targetEnvironmentRefs: []}]}"],
    ["Project", "{deploymentPipelineRef: red/line}"],
    ["Component", "{owner: {projectName: red/shop}, type: Service}"],
    ["Workload", "{owner: {projectName: shop, componentName: red/cart}, containers: {main: {image: a}}}"],
    ["Service", "{owner: {projectName: shop, componentName: cart}, workloadName: red/cart}"],
    ["Service", "{owner: {projectName: shop, componentName: cart}, workloadName: cart, className: red/default}"],
    [
      "Workload",
      "{owner: {projectName: shop, componentName: cart}, containers: {main: {image: a, env: [{key: A, valueFrom: {secretRef: {name: red/db, key: k}}}]}}}",
    ],
    [
      "Workload",
      "{owner: {projectName: shop, componentName: cart}, containers: {main: {image: a, env: [{key: A, valueFrom: {configurationGroupRef: {name: red/db, key: k}}}]}}}",
    ],
    [
      "Workload",
      "{owner: {projectName: shop, componentName: cart}, containers: {main: {image: a}}, connections: {c: {type: api, params: {projectName: red/shop, componentName: cart, endpoint: api}, inject: {env: []}}}}",
    ],
    [
      "Workload",
      "{owner: {projectName: shop, componentName: cart}, containers: {main: {image: a}}, connections: {c: {type: api, params: {componentName: red/shop/cart, endpoint: api}, inject: {env: []}}}}",
    ],
  ] as const;

  test.for(fields)("of a %s cannot lead into another organization: %s", async ([kind, spec]) => {
    const { problems } = await renderTexts(docOf("blue", [kind, "mine"], `  ${spec}`));
    const schema = problems.filter(({ code }) => code === "schema");
    expect(schema.map(({ message }) => message)).toEqual([
      expect.stringContaining("must be 1 to 63 lower-case letters"),
    ]);
  });
});

test("another order of organizations at shared gateways is taken up as it comes, as from scratch", async () => {
  const port = { endpoint: "TCP", api: ", gatewayPort: 5432" };
  const rest = [
    ...tenant({ organization: "red", project: "shop", component: "cart", ...port }),
    ...tenant({ organization: "blue", project: "depot", component: "stock", ...port }),
  ];
  const contentOf = async (order: readonly string[]) =>
    loadFiles(new Map([["owner.yaml", clusterOwner(order).join("---\n")]]));
  const others = await loadFiles(new Map([["others.yaml", rest.join("---\n")]]));
  const engine = new Engine();
  const step = { problems: [], recoveries: [], approvals: [], stop: undefined, rules: undefined };
  const [first, second] = [await contentOf(["red", "blue"]), await contentOf(["blue", "red"])];
  expect(rendered(engine.exchange({ gone: [], come: [first, others], ...step })).toSorted()).toEqual([cluster, "red"]);
  const found = engine.exchange({ gone: [first], come: [second], ...step });
  expect(rendered(found).toSorted()).toEqual(["blue", cluster]);
  const fresh = new Engine().exchange({ gone: [], come: [second, others], ...step });
  expect(problemsOf(found)).toEqual(problemsOf(fresh));
  expect([...found.changed.keys()].toSorted()).toEqual(["data.blue.main", "data.red.main"]);
});
