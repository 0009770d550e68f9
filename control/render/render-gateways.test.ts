/** The gateways that a plane brings: what they become, and what is refused where a route would find no listener. */
import { expect, test } from "vitest";
import { decideAbsent } from "../publish/plane-tree.ts";
import {
  goneFrom,
  doc,
  endpointOf,
  renderFilesOf,
  renderTexts,
  service,
  surroundings,
  treeOf,
} from "../specs-fixture.contract.ts";

const hosts = "publicVirtualHost: apps.example, organizationVirtualHost: inner.example";

function platform(manage: string, more: readonly string[] = []): readonly string[] {
  const plane = doc("DataPlane", "eu", `  gateway: {${hosts}${manage === "" ? "" : `, ${manage}`}}`);
  return [...surroundings.map((text) => (text.includes("kind: DataPlane\n") ? plane : text)), ...more];
}

async function gatewaysOf(manage: string): Promise<Readonly<Record<string, unknown>>> {
  const { releases, problems } = await renderTexts(...platform(manage));
  expect(problems).toEqual([]);
  const release = releases.find(({ path }) => path === "platform/gateways.yaml")?.release;
  return Object.fromEntries(
    (release?.spec.resources ?? []).map(({ id, object }) => [id, (object as { spec?: unknown }).spec]), // rendered objects have one or none
  );
}

async function problemsOf(manage: string, ...documents: readonly string[]): Promise<readonly string[]> {
  const { problems } = await renderTexts(...platform(manage), ...documents);
  return problems.map(({ code, message }) => `${code} ${message}`);
}

const exposed = (type: string, fields = ""): readonly string[] =>
  service("cart", {
    workload: endpointOf("api", type === "TLS" ? "TCP" : type, 80),
    claim: `  apis:\n    api: {type: ${type}, exposeLevels: [Public]${fields}}\n`,
  });

const fromOrganizations = (...values: readonly string[]) => ({
  namespaces: {
    from: "Selector",
    selector: {
      matchLabels: { "gitplane.dev/gateways": "data.default.eu" },
      matchExpressions: [{ key: "openchoreo.dev/organization", operator: "In", values }],
    },
  },
});
const own = fromOrganizations("default");
const proxy = (side: string): string => `gateway.envoyproxy.io/EnvoyProxy/openchoreo-data-plane/gateway-${side}`;
const serviceOf = (type: string, more: object = {}) => ({
  provider: { type: "Kubernetes", kubernetes: { envoyService: { type, ...more } } },
});
const toldBy = (name: string) => ({ parametersRef: { group: "gateway.envoyproxy.io", kind: "EnvoyProxy", name } });
const external = "gateway.networking.k8s.io/Gateway/openchoreo-data-plane/gateway-external";

test("a plane that says nothing of gateways brings none", async () => {
  expect(await gatewaysOf("")).toEqual({});
});

test("HTTPS with an issuer has certificates for every host, and HTTP that leads to it", async () => {
  const gateways = await gatewaysOf(
    "manage: {external: {http: {}, https: {issuer: {name: letters}, minTLSVersion: '1.3'}, domains: [shop.example.org]}}",
  );
  expect(gateways).toEqual({
    "Namespace/openchoreo-data-plane": undefined,
    "gateway.networking.k8s.io/GatewayClass/openchoreo": {
      controllerName: "gateway.envoyproxy.io/gatewayclass-controller",
    },
    "cert-manager.io/Certificate/openchoreo-data-plane/gateway-external-tls": {
      secretName: "gateway-external-tls",
      dnsNames: [
        "dev.apps.example",
        "*.dev.apps.example",
        "prod.apps.example",
        "*.prod.apps.example",
        "shop.example.org",
      ],
      issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "letters" },
    },
    [external]: {
      gatewayClassName: "openchoreo",
      infrastructure: toldBy("gateway-external"),
      listeners: [
        { name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "Same" } } },
        {
          name: "https",
          port: 443,
          protocol: "HTTPS",
          tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: "gateway-external-tls" }] },
          allowedRoutes: own,
        },
      ],
    },
    [proxy("external")]: serviceOf("LoadBalancer"),
    "gateway.envoyproxy.io/ClientTrafficPolicy/openchoreo-data-plane/gateway-external": {
      targetRefs: [
        { group: "gateway.networking.k8s.io", kind: "Gateway", name: "gateway-external", sectionName: "https" },
      ],
      tls: { minVersion: "1.3", maxVersion: "1.3" },
    },
    "gateway.networking.k8s.io/HTTPRoute/openchoreo-data-plane/gateway-external-redirect": {
      parentRefs: [{ name: "gateway-external", sectionName: "http" }],
      rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
    },
  });
});

test("what is for the organization is not reached from outside of the cluster, unless the plane says so", async () => {
  const both = (internal: string): string => `manage: {external: {http: {}}, internal: {http: {}${internal}}}`;
  const silent = await gatewaysOf(both(""));
  expect([silent[proxy("external")], silent[proxy("internal")]]).toEqual([
    serviceOf("LoadBalancer"),
    serviceOf("ClusterIP"),
  ]);
  const annotations = { "service.beta.kubernetes.io/azure-load-balancer-internal": "true" };
  const said = `, service: {type: LoadBalancer, annotations: ${JSON.stringify(annotations)}}`;
  expect((await gatewaysOf(both(said)))[proxy("internal")]).toEqual(serviceOf("LoadBalancer", { annotations }));
});

test("another controller is told nothing of how it is reached, and asked nothing", async () => {
  const manage = (more: string): string =>
    `sources: {external: [{namespace: edge}]}, manage: {controllerName: example.com/other, external: {http: {}${more}}}`;
  const gateways = await gatewaysOf(manage(""));
  expect(gateways[external]).not.toHaveProperty("infrastructure");
  expect(Object.keys(gateways).filter((id) => id.includes("EnvoyProxy"))).toEqual([]);
  expect(await problemsOf(manage(", service: {type: ClusterIP}"))).toEqual([
    "unsupported-policy how a gateway is reached is said to Envoy Gateway, and the controller is example.com/other",
  ]);
});

test("gateways of no host ask for no certificate, which cert-manager would refuse, and say that nothing makes one", async () => {
  const elsewhere = platform("manage: {external: {https: {issuer: {name: letters}}}}").map((text) =>
    text.includes("kind: Environment\n") ? text.replace("dataPlaneRef: eu", "dataPlaneRef: us") : text,
  );
  const { releases, problems } = await renderTexts(...elsewhere, doc("DataPlane", "us", "  {}"));
  expect(
    problems.map(
      ({ severity, code, message, place }) => `${severity} ${place.line}:${place.column} ${code} ${message}`,
    ),
  ).toEqual([
    "warning 11:122 missing-virtual-host HTTPS of gateway-external has an issuer and no host to ask a certificate for, so nothing makes the Secret that its listener waits for",
  ]);
  const own = releases.find(({ path }) => path === "platform/gateways.yaml")?.release.spec.resources ?? [];
  expect(own.map(({ id }) => id)).toContain(external);
  expect(own.map(({ id }) => id).filter((id) => id.includes("/Certificate/"))).toEqual([]);
});

test("certificates by name, TLS passed through, and ports of TCP and UDP have listeners", async () => {
  const gateways = await gatewaysOf(
    "manage: {className: eg, internal: {https: {port: 8443, certificates: [{name: own}]}, passthrough: {port: 9443}, tcp: [5432], udp: [53]}}",
  );
  expect(gateways["gateway.networking.k8s.io/Gateway/openchoreo-data-plane/gateway-internal"]).toEqual({
    gatewayClassName: "eg",
    infrastructure: toldBy("gateway-internal"),
    listeners: [
      {
        name: "https",
        port: 8443,
        protocol: "HTTPS",
        tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: "own" }] },
        allowedRoutes: own,
      },
      { name: "tls", port: 9443, protocol: "TLS", tls: { mode: "Passthrough" }, allowedRoutes: own },
      { name: "tcp-5432", port: 5432, protocol: "TCP", allowedRoutes: own },
      { name: "udp-53", port: 53, protocol: "UDP", allowedRoutes: own },
    ],
  });
});

test("every listener takes routes of the owner and of those that it shares with, in whatever order it names them", async () => {
  const listening =
    "external: {http: {}, passthrough: {}, tcp: [5432], udp: [53]}, internal: {https: {certificates: [{name: a}]}}";
  const routesOf = async (order: string): Promise<readonly unknown[]> =>
    Object.values(await gatewaysOf(`manage: {${listening}, sharedWith: [${order}]}`)).flatMap((spec) => {
      const { listeners = [] } = (spec ?? {}) as {
        readonly listeners?: readonly { readonly allowedRoutes: unknown }[];
      }; // a Gateway's
      return listeners.map(({ allowedRoutes }) => allowedRoutes);
    });
  const admitted = fromOrganizations("beta", "default", "zeta");
  expect(await routesOf("zeta, beta")).toEqual(Array.from({ length: 5 }, () => admitted));
  expect(await routesOf("default, beta, zeta, beta")).toEqual(await routesOf("zeta, beta"));
});

test.for([
  {
    what: "at managed gateways",
    manage: "manage: {external: {http: {}}}",
    namespace: "legacy",
    labels: "openchoreo.dev/organization=default gitplane.dev/gateways=data.default.eu",
  },
  { what: "at gateways that are somebody else's", manage: "", namespace: "legacy", labels: undefined },
  {
    what: "in a cell of its own",
    manage: "manage: {external: {http: {}}}",
    namespace: undefined,
    labels: undefined,
  },
])("a route $what names the labels that people have to set: $labels", async ({ manage, namespace, labels }) => {
  const adopting = namespace === undefined ? "" : `  environments: {dev: {namespace: ${namespace}}}\n`;
  const documents = platform(manage).map((text) => (text.includes("kind: Project\n") ? `${text}${adopting}` : text));
  const { problems, releases } = await renderTexts(...documents, ...exposed("REST", ", rest: {backend: {port: 80}}"));
  expect(problems).toEqual([]);
  const objects = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
  const named = objects.flatMap(({ kind, metadata }) => {
    const said = metadata.annotations?.["gitplane.dev/namespace-labels"];
    return kind === "HTTPRoute" || said !== undefined ? [`${kind} ${said ?? "nothing"}`] : [];
  });
  expect(named).toEqual([`HTTPRoute ${labels ?? "nothing"}`]);
});

test.for([
  [
    "manage: {external: {http: {port: 443}, https: {certificates: [{name: a}]}}}",
    "host-conflict the gateway listens on port 443 twice",
  ],
  [
    "manage: {external: {http: {}, https: {certificates: [{name: a}]}, tcp: [10080, 10443], udp: [53, 10053]}}",
    "host-conflict ports 80 and 10080 of the gateway are both 10080 in its pods, where Envoy Gateway adds 10000 to ports below 1024",
    "host-conflict ports 443 and 10443 of the gateway are both 10443 in its pods, where Envoy Gateway adds 10000 to ports below 1024",
    "host-conflict ports 53 and 10053 of the gateway are both 10053 in its pods, where Envoy Gateway adds 10000 to ports below 1024",
  ],
  [
    "manage: {internal: {http: {port: 19000}, tcp: [19001, 19002, 19003]}}",
    "host-conflict the gateway listens on port 19000, which Envoy Gateway keeps for administration in its pods",
    "host-conflict the gateway listens on port 19001, which Envoy Gateway keeps for metrics in its pods",
    "host-conflict the gateway listens on port 19002, which Envoy Gateway keeps for shutting down in its pods",
    "host-conflict the gateway listens on port 19003, which Envoy Gateway keeps for readiness in its pods",
  ],
  [
    "manage: {external: {https: {}}}",
    "schema HTTPS needs certificates by name, or an issuer to ask for them, and not both",
  ],
  [
    "manage: {external: {https: {certificates: [{name: a}], minTLSVersion: '1.3', maxTLSVersion: '1.2'}}}",
    "schema TLS from 1.3 to 1.2 is none",
  ],
  [
    "manage: {}, sharedFrom: {organization: other, name: eu}",
    "schema the plane brings gateways of its own and uses another's",
    "unknown-plane no DataPlane eu of organization other shares its gateways with default",
  ],
])("%s is refused", async ([manage = "", ...problems]) => {
  expect(await problemsOf(manage)).toEqual(problems);
});

test.for([
  ["by protocol", "manage: {external: {http: {}, udp: [10080, 19001, 19003]}}"],
  ["by gateway", "manage: {external: {http: {}}, internal: {tcp: [10080]}}"],
  ["where 1024 is open to pods", "manage: {external: {tcp: [1023, 1024, 11024]}}"],
  [
    "of another controller, of whose pods nothing is known",
    "sources: {external: [{namespace: edge}]}, manage: {controllerName: example.com/other, external: {http: {}, tcp: [10080, 19001]}}",
  ],
])("ports of the gateway's pods are counted apart %s", async ([, manage = ""]) => {
  expect(await problemsOf(manage)).toEqual([]);
});

test.for([
  ["HTTP", "", "listens to no HTTP"],
  ["gRPC", "", "listens to no HTTP"],
  ["TLS", "", "passes no TLS through"],
  ["TCP", ", gatewayPort: 5432", "listens on no TCP port 5432"],
  ["UDP", ", gatewayPort: 53", "listens on no UDP port 53"],
])("%s is not routed to a gateway that has no listener for it", async ([type = "", fields = "", lack = ""]) => {
  expect(await problemsOf("manage: {external: {}}", ...exposed(type, fields))).toEqual([
    `unsupported-endpoint cart would be reached at gateway-external of data.default.eu, which ${lack}`,
  ]);
  expect(await problemsOf("manage: {}", ...exposed(type, fields))).toEqual([
    "unsupported-endpoint cart would be reached at gateway-external of data.default.eu, which does not exist",
  ]);
  const listening = "manage: {external: {http: {}, passthrough: {}, tcp: [5432], udp: [53]}}";
  expect(await problemsOf(listening, ...exposed(type, fields))).toEqual([]);
});

test.for([
  ["", "{requireTLS: true}", "it asks for TLS, and what gateway-external of data.default.eu listens to is not known"],
  [
    "manage: {external: {http: {}}}",
    "{requireTLS: true}",
    "it asks for TLS, and gateway-external of data.default.eu has none",
  ],
  [
    "manage: {external: {https: {certificates: [{name: a}]}}}",
    "{minTLSVersion: '1.3'}",
    "it asks for TLS 1.3, and gateway-external of data.default.eu takes 1.2",
  ],
  [
    "manage: {external: {https: {certificates: [{name: a}]}}}",
    "{minTLSVersion: '1.1'}",
    "there is no TLS 1.1 that a gateway can insist on",
  ],
  ["manage: {external: {https: {certificates: [{name: a}]}}}", "{requireTLS: true, minTLSVersion: '1.2'}"],
])("with %s, a class that says %s: %s", async ([manage = "", security, ...lacks]) => {
  const guarded = doc("APIClass", "guarded", `  restPolicy: {defaults: {security: ${security}}}`);
  const problems = await problemsOf(manage, guarded, ...exposed("REST", ", className: guarded"));
  expect(problems.map((problem) => problem.replace(/^\S+ APIClass guarded: /, ""))).toEqual(lacks);
});

test.for([
  ["gRPC", "", "it guards APIs of HTTP and says nothing of gRPC, so an API of that type would be open"],
  ["gRPC", "  grpcPolicy: {}\n"],
  ["TCP", "", "it guards APIs of HTTP and says nothing of TCP, so an API of that type would be open"],
  ["TCP", "  streamPolicy: {}\n"],
  [
    "UDP",
    "  streamPolicy: {defaults: {security: {allowedIPs: [10.0.0.0/8]}}}\n",
    "Envoy Gateway has no lists of addresses for UDP",
  ],
  [
    "TLS",
    "  streamPolicy: {defaults: {security: {blockedIPs: [10.0.0.0/8]}}}\n",
    "Envoy Gateway has no lists of addresses for TLS",
  ],
  ["UDP", "  streamPolicy: {defaults: {timeouts: {connect: 1s}}}\n", "Envoy Gateway has no timeout for UDP"],
])("a class that guards HTTP and an endpoint of %s with %s: %s", async ([type = "", more = "", ...lacks]) => {
  const guarded = doc(
    "APIClass",
    "guarded",
    `  restPolicy: {defaults: {rateLimit: {requests: 1, window: 1s}}}\n${more}`,
  );
  const port = type === "TCP" || type === "UDP" ? ", gatewayPort: 9000" : "";
  const problems = await problemsOf("", guarded, ...exposed(type, `, className: guarded${port}`));
  expect(problems.map((problem) => problem.replace(/^\S+ APIClass guarded: /, ""))).toEqual(lacks);
});

test("gateways stay while their plane has a Problem, and go when it says that it brings none", async () => {
  const brought = await renderTexts(...platform("manage: {external: {http: {}}}"));
  const tree = treeOf(brought);
  expect([...tree.keys()].some((key) => key.endsWith("platform/gateways.yaml"))).toBe(true);
  const wrong = await renderTexts(...platform("manage: {external: {http: {port: 1}, tcp: [1]}}"));
  expect(goneFrom(tree, wrong)).toEqual([]);
  const without = await renderTexts(...platform(""));
  expect(goneFrom(tree, without)).toEqual(["data.default.eu/platform/gateways.yaml"]);
});

/** Each document as a file of its own; `prod` is the text of that Environment. */
async function renderWith(
  manage: string,
  prod: (text: string) => string,
  plane = "eu",
): ReturnType<typeof renderFilesOf> {
  const files = platform(manage).map((text, index): [string, string] => {
    const isProd = text.includes("kind: Environment\n") && text.includes("name: prod\n");
    return [`${isProd ? "prod" : index}.yaml`, (isProd ? prod(text) : text).replaceAll(/\beu\b/g, plane)];
  });
  return await renderFilesOf(new Map(files));
}

const certified = "manage: {external: {https: {issuer: {name: ca}}}}";
const unreadable = (text: string): string => text.replace("dataPlaneRef: eu", "dataPlaneRef: [eu");

test.for([
  { what: "cannot be read", prod: unreadable, cause: /: yaml-syntax in prod\.yaml:\d+$/ },
  {
    what: "breaks its schema",
    prod: (text: string) => text.replace("dataPlaneRef: eu", "dataPlaneRef: eu\n  isProduction: often"),
    cause: /: schema in prod\.yaml:7$/,
  },
  {
    what: "was cut off",
    prod: (text: string) => text.slice(0, text.indexOf("kind:") + 12),
    cause: /: [a-z-]+ in prod\.yaml:\d+$/,
  },
])("while an Environment $what, a certificate keeps its hosts", async ({ prod, cause }) => {
  const before = treeOf(await renderWith(certified, (text) => text));
  const path = "platform/gateways.yaml";
  expect(before.get(`data.default.eu/${path}`)).toContain("prod.apps.example");
  const spoiled = await renderWith(certified, prod);
  expect(treeOf(spoiled, before).get(`data.default.eu/${path}`)).toBe(before.get(`data.default.eu/${path}`));
  const { kept } = decideAbsent({ kind: "data", organization: "default", name: "eu" }, [path], { rendered: spoiled });
  const [, reason = ""] =
    /^prod\.yaml cannot be used and may hold an Environment whose hosts stand in a certificate(.*)$/.exec(
      kept.get(path) ?? "",
    ) ?? [];
  expect(reason).toMatch(cause);
});

test("an Environment that names no plane may be one of the plane default", async () => {
  const spoiled = await renderWith(certified, () => "kind: Environment\nmetadata: {name: prod\n", "default");
  expect(spoiled.releases.filter(({ path }) => path.startsWith("platform/"))).toEqual([]);
});

test.for([
  { gateways: "without certificates of hosts", manage: "manage: {external: {http: {}}}", prod: unreadable },
  {
    gateways: "of another plane",
    manage: certified,
    prod: (text: string) => unreadable(text).replace("[eu", "[us"),
  },
])("gateways $gateways do not wait for an Environment to be mended", async ({ manage, prod }) => {
  const { releases } = await renderWith(manage, prod);
  expect(releases.map(({ path }) => path).filter((path) => path.startsWith("platform/"))).toEqual([
    "platform/gateways.yaml",
  ]);
});

test("two components of two projects that ask for one port are told of each other", async () => {
  const other = exposed("TCP", ", gatewayPort: 5432").map((text) =>
    text.replaceAll("shop", "depot").replaceAll("cart", "stock"),
  );
  const problems = await problemsOf(
    "",
    doc("Project", "depot", "  deploymentPipelineRef: line"),
    ...exposed("TCP", ", gatewayPort: 5432"),
    ...other,
  );
  expect(problems).toEqual([
    "host-conflict TCP port 5432 of gateway-external, where cart would answer in dev, is also answered by stock of depot in dev",
    "host-conflict TCP port 5432 of gateway-external, where stock would answer in dev, is also answered by cart of shop in dev",
  ]);
});

test("an organization uses the gateways of another that lets it in, and claims ports after it", async () => {
  const beta = [
    "apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: beta\n",
    doc(
      "DataPlane",
      "eu",
      "  gateway: {publicVirtualHost: beta.example, sharedFrom: {organization: default, name: eu}}",
    ),
    doc("Environment", "dev", "  dataPlaneRef: eu"),
    doc("DeploymentPipeline", "line", "  promotionPaths: [{sourceEnvironmentRef: dev, targetEnvironmentRefs: []}]"),
    doc("ServiceClass", "default", ""),
    doc("APIClass", "default", ""),
    doc("Project", "shop", "  deploymentPipelineRef: line"),
    ...exposed("TCP", ", gatewayPort: 5432"),
  ].map((text) =>
    text.includes("kind: Organization") ? text : text.replace(/(metadata:\n {2}name: \S+\n)/, "$1  namespace: beta\n"),
  );
  const manage = "manage: {external: {tcp: [5432]}, sharedWith: [beta]}";
  const { releases, problems } = await renderTexts(
    ...platform(manage),
    ...exposed("TCP", ", gatewayPort: 5432"),
    ...beta,
  );
  expect(problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
    "warning host-conflict",
    "error host-conflict",
  ]);
  expect(releases.filter(({ path }) => path.startsWith("platform/")).map(({ plane }) => plane.organization)).toEqual([
    "default",
  ]);
});

test("a domain of its own leads to the container's paths, where the gateway answers for it", async () => {
  const bound = (domains: string): readonly string[] => [
    ...exposed("REST", ", rest: {backend: {port: 80, basePath: /v1}}"),
    doc(
      "ServiceBinding",
      "cart-dev",
      `  owner: {projectName: shop, componentName: cart}\n  environment: dev\n  domains: ${domains}\n  workloadSpec: {containers: {main: {image: a}}, endpoints: {api: {type: REST, port: 80}}}\n`,
    ),
  ];
  const { releases, problems } = await renderTexts(...platform(""), ...bound("{api: [shop.example.org]}"));
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const routes = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
  expect(
    routes
      .filter(({ kind }) => kind === "HTTPRoute")
      .map((route) => (route as unknown as { spec: { hostnames: unknown; rules: unknown } }).spec), // an HTTPRoute
  ).toEqual([
    expect.objectContaining({ hostnames: ["dev.apps.example"] }),
    expect.objectContaining({
      hostnames: ["shop.example.org"],
      rules: [{ matches: [{ path: { type: "PathPrefix", value: "/v1" } }], backendRefs: [{ name: "cart", port: 80 }] }],
    }),
  ]);
  const managed = "manage: {external: {http: {}, domains: ['*.example.net']}}";
  expect(await problemsOf(managed, ...bound("{api: [shop.example.org]}"))).toEqual([
    "missing-virtual-host gateway-external of data.default.eu does not answer for shop.example.org",
  ]);
  expect(await problemsOf(managed, ...bound("{api: [shop.example.net]}"))).toEqual([]);
  expect(await problemsOf("", ...bound("{api: [192.0.2.7]}"))).toEqual([
    "unsupported-endpoint 192.0.2.7 is an address, and a gateway finds a route by a name",
  ]);
  expect(await problemsOf("", ...bound("{web: [shop.example.org]}"))).toEqual([
    "unknown-endpoint cart has no endpoint web that is reached from outside by a host name, and gives it a domain",
  ]);
});
