/** Every mistake that is told apart, each by the smallest specs that have it: where it is shown, and nothing beside it. */
import { expect, test } from "vitest";
import {
  doc,
  endpointOf,
  owner,
  renderFilesOf,
  renderTexts,
  service,
  surroundings,
} from "../specs-fixture.contract.ts";
import { classHash } from "../resolve/class-hash.ts";

type Row = {
  readonly mistake: string;
  /** Stands in for the usual surroundings where they are the mistake. */
  readonly platform?: readonly string[];
  readonly documents: readonly string[];
  /** `line code message`, lines counted in the file of these documents; then its related places, indented. */
  readonly yields: readonly string[];
};

const without = (kind: string): readonly string[] => surroundings.filter((text) => !text.includes(`kind: ${kind}\n`));
const replaced = (kind: string, text: string): readonly string[] =>
  surroundings.map((one) => (one.includes(`kind: ${kind}\n`) ? text : one));
const api = (name: string, fields: string): string => `  apis:\n    ${name}:\n${fields}`;
const rest = (port: number, extra = ""): string =>
  `      type: REST\n      rest:\n        backend:\n          port: ${port}\n          basePath: /x\n        exposeLevels: [Public]\n${extra}`;
const web = (name: string, workload: string): readonly string[] => [
  doc("Component", name, "  owner:\n    projectName: shop\n  type: WebApplication"),
  doc("Workload", name, `${owner(name)}  containers:\n    main:\n      image: a\n${workload}`),
  doc("WebApplication", name, `${owner(name)}  workloadName: ${name}`),
];
const connection = (fields: string, value = "{{ .host }}"): string =>
  `  connections:\n    up:\n      type: api\n      params:\n${fields}      inject:\n        env:\n          - name: UP\n            value: "${value}"\n`;
const binding = (fields: string): string =>
  doc(
    "ServiceBinding",
    "cart-prod",
    `${owner("cart")}${fields}  workloadSpec:\n    containers:\n      main:\n        image: a`,
  );
const env = (...keys: readonly string[]): string =>
  `  containers:\n    main:\n      image: a\n      env:\n${keys.map((key) => `        - key: ${key}\n          value: x\n`).join("")}`;

const rows: readonly Row[] = [
  { mistake: "none", documents: service("cart"), yields: [] },
  {
    mistake: "an organization that is not there",
    platform: without("Organization"),
    documents: [],
    yields: [],
  },
  {
    mistake: "an organization that nothing is told of twice in one file",
    documents: service("cart").map((text) => text.replace("  name: cart\n", "  name: cart\n  namespace: defualt\n")),
    yields: [
      "5 unknown-organization there is no Organization defualt",
      "  platform.yaml:4 Organization default stands here",
    ],
  },
  {
    mistake: "no namespace where no organization is called default",
    platform: surroundings.map((text) =>
      text.includes("kind: Organization\n")
        ? text.replace("name: default", "name: blue")
        : text.replace(/^ {2}name: .*$/m, "$&\n  namespace: blue"),
    ),
    documents: service("cart"),
    yields: ["4 unknown-organization metadata.namespace is absent, so the organization is default, which is not there"],
  },
  {
    mistake: "a pin that nothing keeps",
    documents: [
      ...service("cart"),
      binding(
        `  environment: prod\n  classHash: ${classHash({ deploymentTemplate: { replicas: 2 }, serviceTemplate: {} })}\n`,
      ),
    ],
    yields: ["41 unfrozen-class class default is pinned as it is now, and nothing keeps it so"],
  },
  {
    mistake: "credentials of a cluster",
    documents: [doc("DataPlane", "us", "  kubernetesCluster:\n    name: us\n    credentials:\n      clientKey: abc")],
    yields: ["8 inline-credentials credentials of a cluster stand in Git"],
  },
  {
    mistake: "none, where credentials are left blank",
    documents: [
      doc(
        "DataPlane",
        "us",
        "  kubernetesCluster:\n    name: us\n    credentials:\n  observer: {url: u, authentication: null}",
      ),
    ],
    yields: [],
  },
  {
    mistake: "credentials of an observer",
    documents: [doc("DataPlane", "us", "  observer:\n    url: http://o\n    authentication:\n      basicAuth: {}")],
    yields: ["8 inline-credentials credentials of an observer stand in Git"],
  },
  {
    mistake: "a plane whose key is no label value",
    documents: [doc("DataPlane", "p".repeat(60), "")],
    yields: [`4 name-too-long data.default.${"p".repeat(60)} is longer than 63 characters, which a label holds`],
  },
  {
    mistake: "an environment without its plane",
    documents: [doc("Environment", "qa", "  dataPlaneRef: nowhere")],
    yields: ["6 unknown-plane there is no DataPlane nowhere"],
  },
  {
    mistake: "a pipeline with an unknown environment",
    documents: [
      doc(
        "DeploymentPipeline",
        "b",
        "  promotionPaths:\n    - sourceEnvironmentRef: qa\n      targetEnvironmentRefs: [{name: prod}]",
      ),
    ],
    yields: ["7 unknown-environment there is no Environment qa"],
  },
  {
    mistake: "a pipeline that goes round, its sources written twice",
    documents: [
      doc(
        "DeploymentPipeline",
        "b",
        "  promotionPaths:\n    - sourceEnvironmentRef: dev\n      targetEnvironmentRefs: [{name: prod}]\n    - sourceEnvironmentRef: prod\n      targetEnvironmentRefs: [{name: dev}]\n    - sourceEnvironmentRef: prod\n      targetEnvironmentRefs: []",
      ),
    ],
    yields: ["7 pipeline-cycle promotion goes round: prod → dev → prod"],
  },
  {
    mistake: "a project without its pipeline",
    documents: [doc("Project", "b", "  deploymentPipelineRef: nowhere")],
    yields: ["6 unknown-pipeline there is no DeploymentPipeline nowhere"],
  },
  {
    mistake: "a class with one container twice",
    documents: [
      doc(
        "ServiceClass",
        "b",
        "  deploymentTemplate:\n    template:\n      spec:\n        containers:\n          - name: main\n          - name: main",
      ),
    ],
    yields: [
      "11 duplicate-key containers has main twice, and the API server refuses that",
      "  specs.yaml:10 main stands here first",
    ],
  },
  {
    mistake: "a class that sets selectors",
    documents: [
      doc(
        "ServiceClass",
        "b",
        "  deploymentTemplate:\n    selector: {matchLabels: {a: b}}\n  serviceTemplate:\n    selector: {a: b}",
      ),
    ],
    yields: [
      "7 reserved-field selector is set by the engine, so that pods and selectors always agree; this one is not used",
      "9 reserved-field selector is set by the engine, so that pods and selectors always agree; this one is not used",
    ],
  },
  {
    mistake: "a component of no project",
    documents: [doc("Component", "a", "  owner:\n    projectName: nowhere\n  type: ManualTask")],
    yields: [
      "7 unknown-project there is no Project nowhere",
      "8 missing-claim component a is a ManualTask, which this version does not deploy; what runs of it stays",
    ],
  },
  {
    mistake: "a component whose name is no Service's",
    documents: service("1cart"),
    yields: ["4 invalid-name a component's name starts with a letter, because its Service is named so (RFC 1035)"],
  },
  ...["cell-04d839c4", "from-shop-cart-to-stock-80-tcp-0123abcd", "cart-api-public-0123abcd"].map((name) => ({
    mistake: `a component that is called ${name}`,
    documents: service(name),
    yields: [
      "4 invalid-name names such as cell-0123abcd, from-…-0123abcd and …-public-0123abcd are of policies and routes that stand beside components",
    ],
  })),
  {
    mistake: "a component without a claim",
    documents: service("cart").slice(0, 2),
    yields: ["4 missing-claim component cart has no Service, so nothing of it is deployed anew and what runs stays"],
  },
  {
    mistake: "a Workload of no component",
    documents: [service("cart")[1] ?? ""],
    yields: ["8 unknown-component there is no Component cart in project shop"],
  },
  {
    mistake: "a claim of another type than its component",
    documents: [web("cart", "")[0] ?? "", ...service("cart").slice(1)],
    yields: [
      "23 misplaced-claim component cart is a WebApplication, not a Service",
      "  specs.yaml:8 the Component says WebApplication here",
    ],
  },
  {
    mistake: "a claim without its Workload",
    documents: [...service("cart").slice(0, 2), doc("Service", "cart", `${owner("cart")}  workloadName: other`)],
    yields: ["30 unknown-workload component cart has no Workload other"],
  },
  {
    mistake: "a claim of a class that is not there",
    documents: service("cart", { claim: "  className: fast\n" }),
    yields: ["31 unknown-class there is no ServiceClass fast"],
  },
  {
    mistake: "two claims of one component",
    documents: [...service("cart"), doc("Service", "second", `${owner("cart")}  workloadName: cart`)],
    yields: [
      "25 ambiguous-claim component cart has 2 claims and needs one",
      "  specs.yaml:35 Service second is another claim of it",
      "35 ambiguous-claim component cart has 2 claims and needs one",
      "  specs.yaml:25 Service cart is another claim of it",
    ],
  },
  {
    mistake: "one document twice",
    documents: [...service("cart"), service("cart")[2] ?? ""],
    yields: [
      "25 duplicate-identity Service cart is written twice",
      "  specs.yaml:35 Service cart is also written here",
      "35 duplicate-identity Service cart is written twice",
      "  specs.yaml:25 Service cart is also written here",
    ],
  },
  {
    mistake: "one variable twice in a container",
    documents: service("cart", { workload: env("LEVEL", "OTHER", "LEVEL") }),
    yields: [
      "26 duplicate-key env has LEVEL twice, and the API server refuses that",
      "  specs.yaml:22 LEVEL stands here first",
    ],
  },
  {
    mistake: "a variable that a connection sets too",
    documents: [
      ...service("up", { workload: endpointOf("api", "REST", 80) }),
      ...service("cart", {
        workload: `${env("UP")}${connection("        componentName: up\n        endpoint: api\n")}`,
      }),
    ],
    yields: [
      "67 duplicate-key env has UP twice, and the API server refuses that",
      "  specs.yaml:57 UP stands here first",
    ],
  },
  {
    mistake: "a variable from a secret",
    documents: service("cart", {
      workload:
        "  containers:\n    main:\n      image: a\n      env:\n        - key: A\n          valueFrom: {secretRef: {name: a, key: b}}\n",
    }),
    yields: ["23 unknown-secret there is no SecretReference a"],
  },
  {
    mistake: "a variable with two values",
    documents: service("cart", {
      workload:
        "  containers:\n    main:\n      image: a\n      env:\n        - key: A\n          value: x\n          valueFrom: {secretRef: {name: a, key: b}}\n",
    }),
    yields: ["22 unsupported-value A has more than one value, and which one counts is not said"],
  },
  {
    mistake: "a connection to nobody",
    documents: service("cart", { workload: connection("        componentName: up\n        endpoint: api\n") }),
    yields: ["25 unknown-target component up of project shop is not deployed to dev"],
  },
  {
    mistake: "a connection to nobody, with a template that is wrong whoever it is",
    documents: service("cart", {
      workload: connection("        componentName: up\n        endpoint: api\n", "{{ .hots }}"),
    }),
    yields: [
      "25 unknown-target component up of project shop is not deployed to dev",
      "30 invalid-template {{ .hots }} is not known here",
    ],
  },
  {
    mistake: "a connection into a project whose name is misspelt",
    documents: [
      ...service("up", { workload: endpointOf("api", "REST", 80) }),
      ...service("cart", {
        workload: connection("        componentName: up\n        projectName: shpo\n        endpoint: api\n"),
      }),
    ],
    yields: [
      "60 unknown-target component up of project shpo is not deployed to dev",
      "  platform.yaml:64 Project shop stands here",
      "  specs.yaml:4 Component up of default/shop stands here",
    ],
  },
  {
    mistake: "a connection to an endpoint that is not there",
    documents: [
      ...service("up", { workload: endpointOf("api", "REST", 80) }),
      ...service("cart", { workload: connection("        componentName: up\n        endpoint: grpc\n") }),
    ],
    yields: ["60 unknown-endpoint component up has no endpoint grpc", "  specs.yaml:23 endpoint api stands here"],
  },
  ...[
    ["a program in braces", "{{ if .host }}", "{{ if .host }}"],
    ["a misspelt value", "x{{ .hots }}", "{{ .hots }}"],
    ["braces left open", "{{ .host", "{{ .host"],
  ].map(([mistake = "", value = "", shown = ""]): Row => ({
    mistake: `a template with ${mistake}`,
    documents: [
      ...service("up", { workload: endpointOf("api", "REST", 80) }),
      ...service("cart", { workload: connection("        componentName: up\n        endpoint: api\n", value) }),
    ],
    yields: [`65 invalid-template ${shown} is not known here`],
  })),
  {
    mistake: "an API of an endpoint that is not there",
    documents: service("cart", { workload: endpointOf("api", "REST", 80), claim: api("web", rest(80)) }),
    yields: [
      "37 unknown-endpoint the Workload of cart has no endpoint web, which this API would publish",
      "  specs.yaml:23 endpoint api stands here",
    ],
  },
  {
    mistake: "an API on another port than its endpoint",
    documents: service("cart", { workload: endpointOf("api", "REST", 80), claim: api("api", rest(81)) }),
    yields: [
      "40 unknown-endpoint endpoint api of cart listens on 80, not on 81",
      "  specs.yaml:24 the port of endpoint api stands here",
    ],
  },
  {
    mistake: "an API of a class that is not there",
    documents: service("cart", {
      workload: endpointOf("api", "REST", 80),
      claim: api("api", rest(80, "      className: open\n")),
    }),
    yields: ["43 unknown-class there is no APIClass open, which API api of cart uses"],
  },
  {
    mistake: "an API of gRPC that says how HTTP is published",
    documents: service("cart", {
      workload: endpointOf("api", "gRPC", 80),
      claim: api("api", "      type: gRPC\n      rest: {backend: {port: 80}}\n"),
    }),
    yields: ["38 unsupported-endpoint rest says how an API of HTTP is published, and api of cart is gRPC"],
  },
  {
    mistake: "an API that says twice to whom it is exposed",
    documents: service("cart", {
      workload: endpointOf("api", "REST", 80),
      claim: api("api", rest(80, "      exposeLevels: [Public]\n")),
    }),
    yields: ["42 unsupported-endpoint API api of cart says twice to whom it is exposed"],
  },
  {
    mistake: "a TCP endpoint exposed without a port of the gateway",
    documents: service("cart", {
      workload: endpointOf("api", "TCP", 80),
      claim: api("api", "      type: TCP\n      exposeLevels: [Public]\n"),
    }),
    yields: [
      "38 unsupported-endpoint API api of cart speaks TCP, which has no host names, and asks for no port of the gateway",
    ],
  },
  {
    mistake: "a port of the gateway for an API that is found by its host name",
    documents: service("cart", {
      workload: endpointOf("api", "gRPC", 80),
      claim: api("api", "      type: gRPC\n      gatewayPort: 9000\n"),
    }),
    yields: ["38 unsupported-endpoint API api of cart is found by its host name, and asks for a port of the gateway"],
  },
  {
    mistake: "a UDP API of an endpoint that speaks TCP",
    documents: service("cart", {
      workload: endpointOf("api", "TCP", 80),
      claim: api("api", "      type: UDP\n      gatewayPort: 53\n      exposeLevels: [Public]\n"),
    }),
    yields: [
      "37 unsupported-endpoint endpoint api of cart speaks TCP, and a route of UDP leads to UDP",
      "  specs.yaml:23 the type of endpoint api stands here",
    ],
  },
  {
    mistake: "a public API on a plane without a host",
    platform: replaced("DataPlane", doc("DataPlane", "eu", "")),
    documents: service("cart", { workload: endpointOf("api", "REST", 80), claim: api("api", rest(80)) }),
    yields: [
      "42 missing-virtual-host cart is exposed to Public, and DataPlane eu has no gateway.publicVirtualHost",
      "  platform.yaml:9 DataPlane eu stands here",
    ],
  },
  {
    mistake: "a web application with two endpoints",
    documents: web("site", "  endpoints:\n    a: {type: HTTP, port: 80}\n    b: {type: HTTP, port: 81}\n"),
    yields: ["22 unsupported-endpoint a web application needs exactly one endpoint that speaks HTTP; site has a, b"],
  },
  {
    mistake: "a web application whose host is too long",
    documents: web("s".repeat(60), "  endpoints:\n    a: {type: HTTP, port: 80}\n"),
    yields: [`27 name-too-long the host ${"s".repeat(60)}-shop-default.dev.apps.example is longer than DNS allows`],
  },
  {
    mistake: "one host of two web applications",
    documents: [
      ...web("a-shop", "  endpoints:\n    w: {type: HTTP, port: 80}\n"),
      doc("Project", "shop-shop", "  deploymentPipelineRef: line"),
      ...web("a", "  endpoints:\n    w: {type: HTTP, port: 80}\n").map((text) =>
        text.replace("projectName: shop", "projectName: shop-shop"),
      ),
    ],
    yields: [
      "27 host-conflict a-shop-shop-default.dev.apps.example/, where a-shop would answer in dev, is also answered by a of shop-shop in dev",
      "  specs.yaml:67 a of shop-shop in dev answers it too",
      "67 host-conflict a-shop-shop-default.dev.apps.example/, where a would answer in dev, is also answered by a-shop of shop in dev",
      "  specs.yaml:27 a-shop of shop in dev answers it too",
    ],
  },
  {
    mistake: "a Binding of no component",
    documents: [binding("  environment: prod\n")],
    yields: [
      "4 unpinned-class the Binding follows class default: an edit of the class changes prod at once",
      "8 unknown-component there is no Component cart in project shop, so its Release in prod stays as it is",
    ],
  },
  {
    mistake: "a Binding in an environment that is not there",
    documents: [...service("cart"), binding("  environment: prd\n")],
    yields: [
      "35 unpinned-class the Binding follows class default: an edit of the class changes prd at once",
      "40 unknown-environment there is no Environment prd",
      "  platform.yaml:25 Environment prod stands here",
    ],
  },
  {
    mistake: "a pin that nothing has",
    documents: [
      ...service("cart"),
      binding(`  environment: prod\n  className: default\n  classHash: ${"a".repeat(32)}\n`),
    ],
    yields: [
      `41 unknown-class no ServiceClass default with the pinned hash ${"a".repeat(32)} is kept under .gitplane/frozen`,
    ],
  },
  {
    mistake: "a class container that the Workload does not fill",
    platform: replaced(
      "ServiceClass",
      doc(
        "ServiceClass",
        "default",
        "  deploymentTemplate:\n    template:\n      spec:\n        containers:\n          - name: app",
      ),
    ),
    documents: service("cart"),
    yields: [
      "19 missing-container container app of class default has no image and the Workload of cart has no container of that name",
      "  platform.yaml:48 the class's container app stands here",
    ],
  },
];

test.for(rows)("$mistake", async ({ platform = surroundings, documents, yields }) => {
  const { problems } = await renderFilesOf(
    new Map([
      ["platform.yaml", platform.join("---\n")],
      ["specs.yaml", documents.join("---\n")],
    ]),
  );
  const own = problems.filter(({ place }) => place.file === "specs.yaml");
  expect(
    own.flatMap(({ place, code, message, related = [] }) => [
      `${place.line} ${code} ${message}`,
      ...related.map(({ place: other, message: said }) => `  ${other.file}:${other.line} ${said}`),
    ]),
  ).toEqual(yields);
});

test.for([
  {
    of: "a class",
    documents: service("cart", { claim: "  className: defualt\n" }),
    says: "did you mean default?",
    at: "platform.yaml:42 ServiceClass default stands here",
  },
  {
    of: "a plane",
    documents: [doc("Environment", "qa", "  dataPlaneRef: eus")],
    says: "did you mean eu?",
    at: "platform.yaml:9 DataPlane eu stands here",
  },
  {
    of: "a workload",
    documents: [...service("cart").slice(0, 2), doc("Service", "cart", `${owner("cart")}  workloadName: crt`)],
    says: "did you mean cart?",
    at: "specs.yaml:13 Workload cart stands here",
  },
  {
    of: "a component, which is another project's",
    documents: [
      ...service("cart"),
      doc("Project", "b", "  deploymentPipelineRef: line"),
      doc("Workload", "other", owner("cart").replace("shop", "b") + "  containers: {main: {image: a}}"),
    ],
    says: "add it, mend the owner, or remove this document too",
    at: "specs.yaml:4 Component cart of default/shop stands here",
  },
  {
    of: "the target of a connection",
    documents: [
      ...service("payments"),
      ...service("cart", { workload: connection("        componentName: payment\n        endpoint: api\n") }),
    ],
    says: "did you mean payments?",
    at: "specs.yaml:4 Component payments stands here",
  },
  {
    of: "an endpoint",
    documents: [
      ...service("up", { workload: endpointOf("admin", "REST", 80) }),
      ...service("cart", { workload: connection("        componentName: up\n        endpoint: amdin\n") }),
    ],
    says: "did you mean admin?",
    at: "specs.yaml:23 endpoint admin stands here",
  },
  {
    of: "a value in braces",
    documents: [
      ...service("up", { workload: endpointOf("api", "REST", 80) }),
      ...service("cart", {
        workload: connection("        componentName: up\n        endpoint: api\n", "{{ .hots }}"),
      }),
    ],
    says: "did you mean {{ .host }}?",
    at: undefined,
  },
])("names what a misspelt name of $of most likely means, and where that stands", async ({ documents, says, at }) => {
  const { problems } = await renderFilesOf(
    new Map([
      ["platform.yaml", surroundings.join("---\n")],
      ["specs.yaml", documents.join("---\n")],
    ]),
  );
  const [only, ...others] = problems.filter(({ code }) => code !== "missing-claim");
  const related = only?.related?.map(({ place, message }) => `${place.file}:${place.line} ${message}`);
  expect({ says: only?.remedy, related, others }).toEqual({ says, related: at && [at], others: [] });
});

test("what is broken has one Problem, and what refers to it none", async () => {
  const broken = surroundings.map((text) =>
    text.includes("kind: ServiceClass") || text.includes("name: dev\nspec") || text.includes("kind: Organization")
      ? text.replace("metadata:\n", "metadata:\n  colour: red\n")
      : text,
  );
  const { problems } = await renderTexts(...broken, ...service("cart"), ...service("pay"));
  expect(problems.map(({ message }) => message)).toEqual([
    "metadata.colour: is not a field here",
    "metadata.colour: is not a field here",
    "metadata.colour: is not a field here",
  ]);
});

test("a component that is broken is the only one with a Problem, not those that connect to it", async () => {
  const up = service("up", { workload: endpointOf("api", "REST", 80) });
  const cart = service("cart", { workload: connection("        componentName: up\n        endpoint: api\n") });
  for (const broken of [
    up.with(1, (up[1] ?? "").replace("containers", "contaners")),
    up.map((text) => text.replace("spec:", "spc:")),
  ]) {
    const { problems, releases } = await renderFilesOf(
      new Map([
        ["a.yaml", surroundings.join("---\n")],
        ["up.yaml", broken.join("---\n")],
        ["cart.yaml", cart.join("---\n")],
      ]),
    );
    expect(new Set(problems.map(({ place }) => place.file))).toEqual(new Set(["up.yaml"]));
    expect(releases).toEqual([]);
  }
});

test("a thousand documents of one identity are a thousand short Problems", async () => {
  const texts = Array.from(
    { length: 40 },
    (_, index) =>
      [
        `f${index}.yaml`,
        Array.from({ length: 25 }, () => doc("Project", "shop", "  deploymentPipelineRef: line")).join("---\n"),
      ] as const,
  );
  const { problems } = await renderFilesOf(new Map(texts));
  expect({
    count: problems.length,
    messages: [...new Set(problems.map(({ message }) => message))],
    related: [...new Set(problems.map(({ related = [] }) => related.length))],
    last: problems[0]?.related?.at(-1),
  }).toEqual({
    count: 1000,
    messages: ["Project shop is written 1000 times"],
    related: [4],
    last: {
      place: { file: "f0.yaml", line: 32, column: 9 },
      message: "Project shop is also written here, and 995 more",
    },
  });
});

test("problems come in file order", async () => {
  const bad = doc("Project", "b", "  deploymentPipelineRef: nowhere");
  const { problems } = await renderFilesOf(
    new Map([
      ["z.yaml", bad],
      ["a/b.yaml", bad.replace("name: b", "name: c")],
      ["m.yaml", "a: ["],
      ["platform.yaml", surroundings.join("---\n")],
    ]),
  );
  expect(problems.map(({ place }) => place.file)).toEqual(["a/b.yaml", "m.yaml", "z.yaml"]);
});
