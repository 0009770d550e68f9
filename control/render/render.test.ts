import { describe, expect, test } from "vitest";
import { renderSpecs } from "../render-specs.ts";
import { claimedKey } from "./claimed.ts";
import { classHash } from "../resolve/class-hash.ts";
import {
  doc,
  endpointOf,
  loadFiles,
  owner,
  renderFilesOf,
  renderTexts,
  service,
  surroundings,
  workMs,
} from "../specs-fixture.contract.ts";

/** The `spec` of each rendered object by its kind, for one service `cart` of a class. */
async function specsByKind(documents: readonly string[], classSpec = ""): Promise<Readonly<Record<string, unknown>>> {
  const platform = surroundings.map((text) =>
    text.includes("kind: ServiceClass") ? doc("ServiceClass", "default", classSpec) : text,
  );
  const { releases, problems } = await renderTexts(...platform, ...documents);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const objects = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
  return Object.fromEntries(objects.map((object) => [object.kind, (object as { spec?: unknown }).spec])); // rendered objects have one or none
}

const labels = {
  "organization-name": "default",
  "project-name": "shop",
  "environment-name": "dev",
  "component-name": "cart",
};

test("pods carry what both selectors ask for, whatever the class says", async () => {
  const spec = await specsByKind(
    service("cart", { workload: endpointOf("api", "TCP", 80) }),
    `  deploymentTemplate:
    selector: {matchLabels: {app: x}, matchExpressions: [{key: a, operator: Exists}]}
    template:
      metadata: {labels: {component-name: other, team: blue}}
  serviceTemplate:
    selector: {app: x}`,
  );
  expect(spec["Deployment"]).toMatchObject({
    selector: { matchLabels: labels },
    template: { metadata: { labels: { ...labels, team: "blue" } } },
  });
  expect((spec["Deployment"] as { selector: unknown }).selector).toEqual({ matchLabels: labels });
  expect((spec["Service"] as { selector: unknown }).selector).toEqual(labels);
});

test("a port that the class names keeps its name, which probes ask for", async () => {
  const spec = await specsByKind(
    service("cart", { workload: endpointOf("api", "HTTP", 80) + "    more:\n      type: HTTP\n      port: 81\n" }),
    `  deploymentTemplate:
    template:
      spec:
        containers:
          - name: main
            ports: [{containerPort: 80, name: web}, {containerPort: 81}]
            livenessProbe: {httpGet: {port: web}}`,
  );
  expect(spec["Deployment"]).toMatchObject({
    template: {
      spec: {
        containers: [
          {
            ports: [
              { containerPort: 80, name: "web", protocol: "TCP" },
              { containerPort: 81, name: "ep-81-tcp", protocol: "TCP" },
            ],
          },
        ],
      },
    },
  });
});

test("a Service's port that the class names keeps its name, with what else the class says of it", async () => {
  const spec = await specsByKind(
    service("cart", { workload: endpointOf("api", "HTTP", 80) + "    more:\n      type: HTTP\n      port: 81\n" }),
    "  serviceTemplate: {ports: [{port: 80, name: web, appProtocol: http}, {port: 81}]}",
  );
  expect((spec["Service"] as { ports: unknown }).ports).toEqual([
    { port: 80, name: "web", appProtocol: "http", targetPort: 80, protocol: "TCP" },
    { port: 81, name: "ep-81-tcp", targetPort: 81, protocol: "TCP" },
  ]);
});

test("a container that is called like the class's init container is a Problem at the Workload's", async () => {
  const platform = surroundings.map((text) =>
    text.includes("kind: ServiceClass")
      ? doc(
          "ServiceClass",
          "default",
          "  deploymentTemplate: {template: {spec: {initContainers: [{name: main, image: a}]}}}",
        )
      : text,
  );
  const { problems } = await renderFilesOf(
    new Map([
      ["platform.yaml", platform.join("---\n")],
      ["cart.yaml", service("cart").join("---\n")],
    ]),
  );
  expect(problems.map(({ code, message, place }) => ({ code, message, place }))).toEqual([
    {
      code: "invalid-template",
      message: "an init container is called main too",
      place: { file: "cart.yaml", line: 20, column: 7 },
    },
  ]);
});

test("a class gives what the Workload does not say, and its sidecars", async () => {
  const spec = await specsByKind(
    service("cart", {
      workload:
        "  containers:\n    main:\n      image: a\n      args: [b]\n      env: [{key: A, value: own}]\n" +
        endpointOf("dns", "UDP", 53),
    }),
    `  deploymentTemplate:
    replicas: 3
    template:
      spec:
        containers:
          - name: main
            command: [run]
            args: [class]
            env: [{name: A, value: class}, {name: B, value: class}]
            ports: [{containerPort: 53, protocol: TCP}]
          - {name: side, image: s}`,
  );
  expect(spec["Deployment"]).toEqual({
    replicas: 3,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          {
            name: "main",
            image: "a",
            command: ["run"],
            args: ["b"],
            env: [
              { name: "A", value: "own" },
              { name: "B", value: "class" },
            ],
            ports: [
              { containerPort: 53, protocol: "TCP" },
              { containerPort: 53, name: "ep-53-udp", protocol: "UDP" },
            ],
          },
          { name: "side", image: "s" },
        ],
      },
    },
  });
  expect(spec["Service"]).toEqual({
    type: "ClusterIP",
    selector: labels,
    ports: [{ name: "ep-53-udp", port: 53, protocol: "UDP", targetPort: 53 }],
  });
});

test("two endpoints on one port are one port, and nothing that listens is no Service", async () => {
  const two = await specsByKind(
    service("cart", { workload: "  endpoints:\n    a: {type: HTTP, port: 80}\n    b: {type: gRPC, port: 80}\n" }),
  );
  expect((two["Service"] as { ports: unknown }).ports).toEqual([
    { name: "ep-80-tcp", port: 80, protocol: "TCP", targetPort: 80 },
  ]);
  expect(Object.keys(await specsByKind(service("cart")))).toEqual(["Namespace", "CiliumNetworkPolicy", "Deployment"]);
});

test("a class may say how the Service is reached in the cluster", async () => {
  const spec = await specsByKind(
    service("cart", { workload: endpointOf("api", "TCP", 80) }),
    "  serviceTemplate:\n    clusterIP: None",
  );
  expect(spec["Service"]).toMatchObject({ type: "ClusterIP", clusterIP: "None" });
});

test("with several containers, ports and connections go to main, else to the first by name", async () => {
  const workload = (first: string): string =>
    `  containers:\n    zeta: {image: z}\n    ${first}: {image: a}\n${endpointOf("api", "TCP", 80)}`;
  for (const first of ["main", "alpha"]) {
    const spec = await specsByKind(service("cart", { workload: workload(first) }));
    const { containers } = (
      spec["Deployment"] as { template: { spec: { containers: { name: string; ports?: unknown[] }[] } } }
    ).template.spec;
    expect(containers.map(({ name, ports }) => [name, ports?.length ?? 0])).toEqual([
      [first, 1],
      ["zeta", 0],
    ]);
  }
});

test.for([
  ["REST", 80, "http://HOST:80/base"],
  ["HTTP", 443, "https://HOST:443/base"],
  ["GraphQL", 8443, "https://HOST:8443/base"],
  ["gRPC", 9000, "grpc://HOST:9000/base"],
  ["Websocket", 80, "ws://HOST:80/base"],
  ["TCP", 6379, "HOST:6379"],
  ["UDP", 53, "HOST:53"],
] as const)("a connection to a %s endpoint on %i is %s", async ([type, port, url]) => {
  const connection = `  connections:\n    up:\n      type: api\n      params: {componentName: up, endpoint: api}\n      inject:\n        env:\n          - {name: URL, value: "{{.url}}"}\n          - {name: PARTS, value: "{{ .scheme }}|{{ .host }}|{{ .port }}|{{ .basePath }}|{{ .uri }}"}\n`;
  const isRouted = type === "REST" || type === "HTTP";
  const claim = `  apis:\n    api:\n      type: ${isRouted ? type : "REST"}\n      rest: {backend: {port: ${port}, basePath: base}}\n`;
  const { releases, problems } = await renderTexts(
    ...surroundings,
    ...service("up", { workload: endpointOf("api", type, port), claim }),
    ...service("cart", { workload: connection }),
  );
  expect(problems).toEqual([]);
  const deployment = releases
    .find(({ path }) => path.endsWith("dev/cart.yaml"))
    ?.release.spec.resources.find(({ object }) => object.kind === "Deployment")?.object as unknown as {
    spec: { template: { spec: { containers: { env: { value: string }[] }[] } } };
  }; // the Deployment of cart
  const [first, second] = deployment.spec.template.spec.containers[0]?.env ?? [];
  const host = second?.value.split("|")[1] ?? "";
  expect(first?.value).toBe(url.replace("HOST", host));
  expect(second?.value.split("|").slice(2)).toEqual([String(port), "/base", first?.value]);
});

test("an API has a route for each level that it is exposed to, behind the path of its owner", async () => {
  const claim =
    "  apis:\n    api:\n      type: REST\n      rest:\n        backend: {port: 80, basePath: //v1/./x/}\n        exposeLevels: [Organization, Public, Project, Public]\n";
  const { releases } = await renderTexts(
    ...surroundings,
    ...service("cart", { workload: endpointOf("api", "REST", 80), claim }),
  );
  const gateways = { plane: { kind: "data", organization: "default", name: "eu" }, rank: 0 };
  const path = { kind: "path", gateways, path: "/default/shop/cart/v1/x", route: "HTTP", hostFrom: "owner" };
  expect(releases.flatMap(({ claimed }) => claimed)).toEqual([
    { ...path, gateway: "gateway-internal", host: "dev.inner.example" },
    { ...path, gateway: "gateway-external", host: "dev.apps.example" },
  ]);
});

test("an API of one host name at two gateways is no conflict", async () => {
  const platform = surroundings.map((text) => text.replace("inner.example", "apps.example"));
  const claim =
    "  apis:\n    api:\n      type: REST\n      rest:\n        backend: {port: 80}\n        exposeLevels: [Organization, Public]\n";
  const { releases, problems } = await renderTexts(
    ...platform,
    ...service("cart", { workload: endpointOf("api", "REST", 80), claim }),
  );
  expect(problems).toEqual([]);
  expect(releases.flatMap(({ claimed }) => claimed.map(claimedKey))).toEqual([
    "gateway-internal dev.apps.example/default/shop/cart",
    "gateway-external dev.apps.example/default/shop/cart",
  ]);
});

test("a published API of an endpoint that speaks UDP renders nothing, because its route would lead nowhere", async () => {
  const claim =
    "  apis:\n    dns:\n      type: HTTP\n      rest:\n        backend: {port: 53}\n        exposeLevels: [Public]\n";
  const { releases, problems } = await renderTexts(
    ...surroundings,
    ...service("cart", { workload: endpointOf("dns", "UDP", 53), claim }),
  );
  expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
    "unsupported-endpoint endpoint dns of cart speaks UDP, and a route of HTTP leads to HTTP, REST, GraphQL, Websocket",
  ]);
  expect(releases).toEqual([]);
});

test("one environment's Problem leaves the Release of another whole", async () => {
  const binding = doc(
    "ServiceBinding",
    "cart-prod",
    `${owner("cart")}  environment: prod\n  className: nowhere\n  workloadSpec:\n    containers:\n      main:\n        image: a`,
  );
  const { releases, problems } = await renderTexts(...surroundings, ...service("cart"), binding);
  expect({ paths: releases.map(({ path }) => path), codes: problems.map(({ code }) => code) }).toEqual({
    paths: ["cells/shop/dev.yaml", "releases/shop/dev/cart.yaml"],
    codes: ["unknown-class"],
  });
});

test("a Release is whole or not at all: one wrong route and there is none of it", async () => {
  const claim =
    "  apis:\n    api:\n      type: REST\n      rest:\n        backend: {port: 80}\n        exposeLevels: [Public]\n";
  const blind = surroundings.map((text) => (text.includes("kind: DataPlane") ? doc("DataPlane", "eu", "") : text));
  const { releases } = await renderTexts(
    ...blind,
    ...service("cart", { workload: endpointOf("api", "REST", 80), claim }),
    ...service("pay"),
  );
  expect(releases.map(({ path }) => path)).toEqual(["cells/shop/dev.yaml", "releases/shop/dev/pay.yaml"]);
});

test("a Release beyond what a cluster takes is a Problem", async () => {
  const long = "x".repeat(700_000);
  const annotated = doc(
    "ServiceClass",
    "default",
    `  deploymentTemplate: {template: {metadata: {annotations: {a: ${long}}}}}`,
  );
  const platform = surroundings.filter((text) => !text.includes("kind: ServiceClass"));
  const { problems, releases } = await renderFilesOf(
    new Map([
      ["a.yaml", platform.join("---\n")],
      ["class.yaml", annotated],
      ["cart.yaml", service("cart", { workload: `  containers: {main: {image: a, args: [${long}]}}\n` }).join("---\n")],
    ]),
  );
  expect({ codes: problems.map(({ code }) => code), releases }).toEqual({ codes: ["release-too-large"], releases: [] });
});

test("four times the components take about four times the time", async () => {
  const time = async (count: number): Promise<number> => {
    const files = Array.from(
      { length: count },
      (_, index) => [`c${index}.yaml`, service(`c${index}`).join("---\n")] as const,
    );
    const specs = await loadFiles(new Map([["p.yaml", surroundings.join("---\n")], ...files]));
    const startedMs = workMs();
    expect(renderSpecs(specs).releases).toHaveLength(count + 1);
    return workMs() - startedMs;
  };
  await time(200);
  const small = await time(300);
  expect(await time(1200)).toBeLessThan(small * 4 * 3);
});

test("pins of two kinds of classes that say the same each find their own", async () => {
  const spec = "  deploymentTemplate:\n    replicas: 4";
  const hash = classHash({ deploymentTemplate: { replicas: 4 }, serviceTemplate: {} });
  const frozen = ["ServiceClass", "WebApplicationClass"].map((kind) => doc(kind, "default", spec)).join("---\n");
  const workload = "  workloadSpec:\n    containers: {main: {image: a}}\n";
  const binding = doc(
    "ServiceBinding",
    "cart-prod",
    `${owner("cart")}  environment: prod\n  classHash: ${hash}\n${workload}`,
  );
  const { releases, problems } = await renderFilesOf(
    new Map([
      ["specs.yaml", [...surroundings, ...service("cart"), binding].join("---\n")],
      [`.gitplane/frozen/${hash}.yaml`, frozen],
    ]),
  );
  expect(problems).toEqual([]);
  const inProd = releases.find(({ path }) => path === "releases/shop/prod/cart.yaml");
  expect(inProd?.release.spec.resources.map(({ object }) => object["spec"])).toMatchObject([{ replicas: 4 }]);
});

describe("a pin finds only the class that its Binding names", () => {
  const spec = "  deploymentTemplate:\n    replicas: 4";
  const hash = classHash({ deploymentTemplate: { replicas: 4 }, serviceTemplate: {} });
  const kept = doc("ServiceClass", "privileged", spec);
  const rendered = async (className: string, frozen: string): Promise<readonly string[]> => {
    const pin = `  environment: prod\n  className: ${className}\n  classHash: ${hash}\n`;
    const workload = "  workloadSpec:\n    containers: {main: {image: a}}\n";
    const binding = doc("ServiceBinding", "cart-prod", `${owner("cart")}${pin}${workload}`);
    const { releases, problems } = await renderFilesOf(
      new Map([
        ["specs.yaml", [...surroundings, ...service("cart"), binding].join("---\n")],
        [`.gitplane/frozen/${hash}.yaml`, frozen],
      ]),
    );
    const inProd = releases.filter(({ path }) => path === "releases/shop/prod/cart.yaml").map(({ path }) => path);
    return [...inProd, ...problems.map(({ code, message }) => `${code} ${message}`)];
  };
  const notKept = (className: string): string =>
    `unknown-class no ServiceClass ${className} with the pinned hash ${hash} is kept under .gitplane/frozen`;
  const ofAcme = kept.replace("  name:", "  namespace: acme\n  name:");
  test.for([
    { pin: "of the same name", className: "privileged", frozen: kept, yields: ["releases/shop/prod/cart.yaml"] },
    { pin: "of a name that no class has", className: "anything", frozen: kept, yields: [notKept("anything")] },
    { pin: "of another class that is there", className: "default", frozen: kept, yields: [notKept("default")] },
    { pin: "of another organization", className: "privileged", frozen: ofAcme, yields: [notKept("privileged")] },
  ])("$pin", async ({ className, frozen, yields }) => {
    expect(await rendered(className, frozen)).toEqual(yields);
  });
});
