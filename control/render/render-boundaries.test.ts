/** The network policies of cells and components, as objects; what they come to is Cilium's to say (`e2e/boundaries.e2e.test.ts`). */
import { describe, expect, test } from "vitest";
import { doc, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

type Policy = { readonly kind: string; readonly metadata: { name: string; namespace: string }; readonly spec: unknown };

const cell = "dp-default-shop-dev-04d839c4";
const labels = (component: string, project = "shop") => ({
  "organization-name": "default",
  "project-name": project,
  "environment-name": "dev",
  "component-name": component,
});

/** Policies by namespace and name, of one kind, with the plane, environment and project as given. */
async function policiesOf(
  { plane = "", environment = "", project = "" },
  ...documents: readonly string[]
): Promise<Readonly<Record<string, unknown>>> {
  const platform = surroundings.map((text) => {
    if (text.includes("kind: DataPlane\n")) return `${text}${plane}`;
    if (text.includes("name: dev\n")) return `${text}${environment}`;
    return text.includes("kind: Project\n") ? `${text}${project}` : text;
  });
  const { releases, problems } = await renderTexts(...platform, ...documents);
  expect(problems).toEqual([]);
  const objects = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
  const policies = objects.filter(({ kind }) => kind.endsWith("NetworkPolicy")) as unknown as readonly Policy[];
  const [first] = policies;
  expect(new Set(policies.map(({ kind }) => kind)).size).toBe(1);
  return {
    kind: first?.kind,
    ...Object.fromEntries(policies.map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec])),
  };
}

const apis = (levels: string): string =>
  `  apis:\n    api:\n      type: REST\n      rest: {backend: {port: 80}, exposeLevels: ${levels}}\n`;
const endpoints = "  endpoints:\n    api: {type: REST, port: 80}\n    dns: {type: UDP, port: 53}\n";
const kubernetes = "  networkPolicy: Kubernetes\n";
const nameServers = { cilium: "k8s:io.kubernetes.pod.namespace", kubernetes: "kubernetes.io/metadata.name" };

describe("a cell", () => {
  const dns = [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ];
  const toNameServers = {
    toEndpoints: [{ matchLabels: { [nameServers.cilium]: "kube-system", "k8s-app": "kube-dns" } }],
    toPorts: [{ ports: dns.map(({ port, protocol }) => ({ port: String(port), protocol })) }],
  };
  const toNameServersByKubernetes = {
    to: [
      {
        namespaceSelector: { matchLabels: { [nameServers.kubernetes]: "kube-system" } },
        podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
      },
    ],
    ports: dns,
  };

  test("lets nothing in, and nothing out but questions to the name servers", async () => {
    expect(await policiesOf({}, ...service("cart"))).toEqual({
      kind: "CiliumNetworkPolicy",
      [`${cell}/cell-04d839c4`]: { endpointSelector: {}, ingress: [{}], egress: [toNameServers] },
    });
    expect(await policiesOf({ plane: kubernetes }, ...service("cart"))).toEqual({
      kind: "NetworkPolicy",
      [`${cell}/cell-04d839c4`]: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        egress: [toNameServersByKubernetes],
      },
    });
  });

  test("is open within and to the outside where its settings say so", async () => {
    const environment = "  cell: {network: {withinCell: Open, egress: Open}}\n";
    expect(await policiesOf({ environment }, ...service("cart"))).toEqual({
      kind: "CiliumNetworkPolicy",
      [`${cell}/cell-04d839c4`]: {
        endpointSelector: {},
        ingress: [{ fromEndpoints: [{}] }],
        egress: [toNameServers, { toEndpoints: [{}] }, { toEntities: ["world"] }],
      },
    });
    expect(await policiesOf({ environment, plane: kubernetes }, ...service("cart"))).toEqual({
      kind: "NetworkPolicy",
      [`${cell}/cell-04d839c4`]: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [{ podSelector: {} }] }],
        egress: [
          toNameServersByKubernetes,
          { to: [{ podSelector: {} }] },
          { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }] },
        ],
      },
    });
  });

  test("in a namespace that was there before is about our pods in it", async () => {
    const project = "  environments: {dev: {namespace: old}}\n";
    const environment = "  cell: {network: {withinCell: Open}}\n";
    const { "component-name": _, ...ours } = labels("");
    expect(await policiesOf({ project, environment }, ...service("cart"))).toEqual({
      kind: "CiliumNetworkPolicy",
      "old/cell-04d839c4": {
        endpointSelector: { matchLabels: ours },
        ingress: [{ fromEndpoints: [{ matchLabels: ours }] }],
        egress: [toNameServers, { toEndpoints: [{ matchLabels: ours }] }],
      },
    });
  });
});

describe("a plane that says where its name servers and gateways are", () => {
  const stated = `  nameServers:
    - {namespace: openshift-dns, labels: {dns: default}, port: 5353}
    - {namespace: dns}
    - {cidr: 169.254.20.10/32}
`;
  const sources = (external: string): string => `    sources: {external: [${external}]}\n`;
  const ports = (port: number) => [
    { port, protocol: "UDP" },
    { port, protocol: "TCP" },
  ];
  const texts = (port: number) => [
    { ports: ports(port).map((one) => ({ port: String(one.port), protocol: one.protocol })) },
  ];

  test("lets cells ask these for names, by Cilium", async () => {
    const plane = `${stated}    - {entity: host}\n`;
    const pods = (namespace: string, more: object) => ({
      toEndpoints: [{ matchLabels: { [nameServers.cilium]: namespace, ...more } }],
    });
    const egress = [
      { ...pods("openshift-dns", { dns: "default" }), toPorts: texts(5353) },
      { ...pods("dns", { "k8s-app": "kube-dns" }), toPorts: texts(53) },
      { toCIDR: ["169.254.20.10/32"], toPorts: texts(53) },
      { toEntities: ["host"], toPorts: texts(53) },
    ];
    const host =
      "  connections:\n    other:\n      type: external\n      params: {host: a.example, port: 443}\n      inject: {env: [{name: A, value: x}]}\n";
    const found = await policiesOf({ plane }, ...service("cart", { workload: host }));
    expect(found[`${cell}/cell-04d839c4`]).toEqual({ endpointSelector: {}, ingress: [{}], egress });
    const read = egress.map((rule) => ({
      ...rule,
      toPorts: rule.toPorts.map((one) => ({ ...one, rules: { dns: [{ matchPattern: "*" }] } })),
    }));
    expect(found[`${cell}/cart`]).toMatchObject({ egress: [{ toFQDNs: [{ matchName: "a.example" }] }, ...read] });
  });

  test("lets cells ask these for names, by any network plugin", async () => {
    const pods = (namespace: string, matchLabels: object) => ({
      to: [
        { namespaceSelector: { matchLabels: { [nameServers.kubernetes]: namespace } }, podSelector: { matchLabels } },
      ],
    });
    const found = await policiesOf({ plane: `${stated}${kubernetes}` }, ...service("cart"));
    expect(found[`${cell}/cell-04d839c4`]).toEqual({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      egress: [
        { ...pods("openshift-dns", { dns: "default" }), ports: ports(5353) },
        { ...pods("dns", { "k8s-app": "kube-dns" }), ports: ports(53) },
        { to: [{ ipBlock: { cidr: "169.254.20.10/32" } }], ports: ports(53) },
      ],
    });
  });

  test("lets these in from its gateway, and those of the other gateway from where they are in most clusters", async () => {
    const said =
      "{namespace: edge}, {namespace: other, labels: {app: proxy}}, {cidr: 10.9.0.0/16}, {entity: remote-node}";
    const exposed = service("cart", { workload: endpoints, claim: apis("[Public, Organization]") });
    const toPorts = [{ ports: [{ port: "80", protocol: "TCP" }] }];
    const { ingress } = (await policiesOf({ plane: sources(said) }, ...exposed))[`${cell}/cart`] as {
      readonly ingress: readonly unknown[]; // a policy with rules for both gateways
    };
    const envoy = {
      "gateway.envoyproxy.io/owning-gateway-name": "gateway-external",
      "gateway.envoyproxy.io/owning-gateway-namespace": "openchoreo-data-plane",
    };
    expect(ingress.slice(0, 3)).toEqual([
      {
        fromEndpoints: [
          { matchLabels: { [nameServers.cilium]: "edge", ...envoy } },
          { matchLabels: { [nameServers.cilium]: "other", app: "proxy" } },
        ],
        toPorts,
      },
      { fromCIDR: ["10.9.0.0/16"], toPorts },
      { fromEntities: ["remote-node"], toPorts },
    ]);
    expect(JSON.stringify(ingress.slice(3))).toContain("envoy-gateway-system");
    const byKubernetes = "{namespace: edge}, {cidr: 10.9.0.0/16}";
    const found = await policiesOf({ plane: `${sources(byKubernetes)}${kubernetes}` }, ...exposed);
    expect(found[`${cell}/cart`]).toMatchObject({
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { [nameServers.kubernetes]: "edge" } },
              podSelector: { matchLabels: envoy },
            },
          ],
        },
        { from: [{ ipBlock: { cidr: "10.9.0.0/16" } }] },
        {},
      ],
    });
  });

  test("lets nobody through by a word that its network does not know, and says so", async () => {
    const said = `  networkPolicy: Kubernetes\n  nameServers: [{entity: host}]\n`;
    const platform = surroundings.map((text) =>
      text.includes("kind: DataPlane\n") ? `${text}${sources("{entity: ingress}")}${said}` : text,
    );
    const exposed = service("cart", { workload: endpoints, claim: apis("[Public]") });
    const { releases, problems } = await renderTexts(...platform, ...exposed);
    expect(problems.map(({ code, message, place }) => `${place.line} ${code} ${message}`)).toEqual([
      "14 unsupported-policy only Cilium knows the entity ingress, and networkPolicy says that the plane has none, so nothing is let through for it",
      "16 unsupported-policy only Cilium knows the entity host, and networkPolicy says that the plane has none, so nothing is let through for it",
    ]);
    const objects = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
    const policies = objects.filter(({ kind }) => kind === "NetworkPolicy") as unknown as readonly Policy[];
    expect(policies.map(({ spec }) => spec)).toEqual([{ podSelector: {}, policyTypes: ["Ingress", "Egress"] }]);
  });
});

describe("a component", () => {
  test("is reached from each gateway at the ports of what is exposed there", async () => {
    const gateway = (name: string) => ({
      "gateway.envoyproxy.io/owning-gateway-name": name,
      "gateway.envoyproxy.io/owning-gateway-namespace": "openchoreo-data-plane",
    });
    const from = (name: string) => ({
      fromEndpoints: ["openchoreo-data-plane", "envoy-gateway-system"].map((namespace) => ({
        matchLabels: { [nameServers.cilium]: namespace, ...gateway(name) },
      })),
      toPorts: [{ ports: [{ port: "80", protocol: "TCP" }] }],
    });
    const found = await policiesOf(
      {},
      ...service("cart", { workload: endpoints, claim: apis("[Public, Organization]") }),
      ...service("stock", { workload: endpoints, claim: apis("[Organization]") }),
      ...service("hidden", { workload: endpoints, claim: apis("[Project]") }),
    );
    expect(found[`${cell}/cart`]).toEqual({
      endpointSelector: { matchLabels: labels("cart") },
      ingress: [from("gateway-external"), from("gateway-internal")],
    });
    expect(found[`${cell}/stock`]).toEqual({
      endpointSelector: { matchLabels: labels("stock") },
      ingress: [from("gateway-internal")],
    });
    expect(Object.keys(found)).toEqual(["kind", `${cell}/cell-04d839c4`, `${cell}/cart`, `${cell}/stock`]);
  });

  const store = [
    doc("Project", "store", "  deploymentPipelineRef: line\n  environments: {dev: {namespace: warehouse}}"),
    ...service("stock", { workload: endpoints, claim: apis("[Organization]") }).map((text) =>
      text.replace("projectName: shop", "projectName: store"),
    ),
  ];
  const connecting = (...connections: readonly string[]): readonly string[] =>
    service("cart", {
      workload: `  connections:\n${connections.map((text, index) => `    c${index}: {${text}, inject: {env: []}}\n`).join("")}`,
    });
  const toStock = "type: api, params: {projectName: store, componentName: stock, endpoint: api}";

  test("goes along its connections, and its Release lets it in at their targets, once each", async () => {
    const found = await policiesOf({}, ...connecting(toStock, toStock), ...store);
    const ports = [{ ports: [{ port: "80", protocol: "TCP" }] }];
    expect(found[`${cell}/cart`]).toEqual({
      endpointSelector: { matchLabels: labels("cart") },
      egress: [
        {
          toEndpoints: [{ matchLabels: { [nameServers.cilium]: "warehouse", ...labels("stock", "store") } }],
          toPorts: ports,
        },
      ],
    });
    const ways = Object.keys(found).filter((name) => name.includes("/from-"));
    expect(ways).toEqual([expect.stringMatching(/^warehouse\/from-shop-cart-to-stock-80-tcp-[0-9a-f]{8}$/)]);
    expect(found[ways[0] ?? ""]).toEqual({
      endpointSelector: { matchLabels: labels("stock", "store") },
      ingress: [
        { fromEndpoints: [{ matchLabels: { [nameServers.cilium]: cell, ...labels("cart") } }], toPorts: ports },
      ],
    });
  });

  const outside = [
    "type: external, params: {host: api.example, port: 443}",
    "type: external, params: {cidr: 192.0.2.0/24, ports: [53, 853], protocol: UDP}",
    "type: external, params: {host: other.example, port: 1}, environments: {dev: {cidr: '2001:db8::/32'}}",
  ];

  test("reaches hosts by the names that its questions to the name servers are answered with", async () => {
    const found = await policiesOf({}, ...connecting(...outside));
    expect(found[`${cell}/cart`]).toEqual({
      endpointSelector: { matchLabels: labels("cart") },
      egress: [
        { toFQDNs: [{ matchName: "api.example" }], toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }] },
        {
          toCIDR: ["192.0.2.0/24"],
          toPorts: [
            {
              ports: [
                { port: "53", protocol: "UDP" },
                { port: "853", protocol: "UDP" },
              ],
            },
          ],
        },
        { toCIDR: ["2001:db8::/32"], toPorts: [{ ports: [{ port: "1", protocol: "TCP" }] }] },
        {
          toEndpoints: [{ matchLabels: { [nameServers.cilium]: "kube-system", "k8s-app": "kube-dns" } }],
          toPorts: [
            {
              ports: [
                { port: "53", protocol: "UDP" },
                { port: "53", protocol: "TCP" },
              ],
              rules: { dns: [{ matchPattern: "*" }] },
            },
          ],
        },
      ],
    });
  });

  test("reaches blocks of addresses without Cilium, and hosts where egress is open", async () => {
    const environment = "  cell: {network: {egress: Open}}\n";
    const found = await policiesOf({ environment, plane: kubernetes }, ...connecting(...outside));
    expect(found[`${cell}/cart`]).toEqual({
      podSelector: { matchLabels: labels("cart") },
      policyTypes: ["Egress"],
      egress: [
        {
          to: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
          ports: [
            { port: 53, protocol: "UDP" },
            { port: 853, protocol: "UDP" },
          ],
        },
        { to: [{ ipBlock: { cidr: "2001:db8::/32" } }], ports: [{ port: 1, protocol: "TCP" }] },
      ],
    });
  });
});
