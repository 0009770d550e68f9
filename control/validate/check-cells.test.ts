/** Mistakes about cells and what crosses their borders, each by the smallest specs that have it. */
import { expect, test } from "vitest";
import { cellNamespace } from "../../schemas/names.ts";
import { doc, endpointOf, owner, renderFilesOf, service, surroundings } from "../specs-fixture.contract.ts";

type Row = {
  readonly mistake: string;
  /** Stands in for the usual document of the kind. */
  readonly instead?: { readonly kind: string; readonly text: string };
  readonly documents?: readonly string[];
  /** `file:line:column code message → remedy`, related places indented. */
  readonly yields: readonly string[];
};

const project = (spec: string): { kind: string; text: string } => ({
  kind: "Project",
  text: doc("Project", "shop", `  deploymentPipelineRef: line\n${spec}`),
});
const plane = (spec: string): { kind: string; text: string } => ({
  kind: "DataPlane",
  text: doc("DataPlane", "eu", spec),
});
const connecting = (connection: string): readonly string[] =>
  service("cart", { workload: `  connections:\n    other:\n${connection}` });
const external = (params: string, value = "x"): string =>
  `      type: external\n      params: ${params}\n      inject: {env: [{name: OTHER, value: "${value}"}]}\n`;
/** A service of another project, with an endpoint whose API says nothing, or the levels. */
const elsewhere = (levels?: string): readonly string[] => [
  doc("Project", "store", "  deploymentPipelineRef: line"),
  ...service("stock", {
    workload: endpointOf("api", "REST", 80),
    claim:
      levels === undefined
        ? ""
        : `  apis:\n    api:\n      type: REST\n      rest: {backend: {port: 80}, exposeLevels: ${levels}}\n`,
  }).map((text) => text.replace("projectName: shop", "projectName: store")),
];
const toStock =
  "      type: api\n      params: {projectName: store, componentName: stock, endpoint: api}\n      inject: {env: []}\n";
const storeInDev = cellNamespace({ organization: "default", project: "store", environment: "dev" });
const invisible = "endpoint api of stock is visible to its project store only";
const expose = "ask for Organization among the exposeLevels of its API api, or connect within the project";

const rows: readonly Row[] = [
  {
    mistake: "a connection to another project's endpoint that no API exposes",
    documents: [...connecting(toStock), ...elsewhere()],
    yields: [`specs.yaml:24:15 invisible-target ${invisible} → ${expose}`, "  specs.yaml:72 stock has no API api"],
  },
  {
    mistake: "a connection to another project's endpoint that its API keeps to the project",
    documents: [...connecting(toStock), ...elsewhere("[Project]")],
    yields: [
      `specs.yaml:24:15 invisible-target ${invisible} → ${expose}`,
      "  specs.yaml:80 API api of stock stands here",
    ],
  },
  {
    mistake: "none: exposed to the organization",
    documents: [...connecting(toStock), ...elsewhere("[Organization]")],
    yields: [],
  },
  { mistake: "none: exposed to everybody", documents: [...connecting(toStock), ...elsewhere("[Public]")], yields: [] },
  {
    mistake: "a host by its name on a plane without Cilium",
    instead: plane("  networkPolicy: Kubernetes"),
    documents: connecting(external("{host: api.example, port: 443}")),
    yields: [
      "specs.yaml:24:22 unsupported-policy only Cilium lets traffic through to a host by its name, such as api.example, and DataPlane eu has none → name the host's addresses with cidr instead, or open egress where the cell is said how to be made",
    ],
  },
  {
    mistake: "none: a host by its name on a plane without Cilium where egress is open",
    instead: plane("  networkPolicy: Kubernetes\n  cell: {network: {egress: Open}}"),
    documents: connecting(external("{host: api.example, port: 443}")),
    yields: [],
  },
  {
    mistake: "the host of a block of addresses, and the port of several",
    documents: [...connecting(external("{cidr: 10.0.0.0/8, ports: [80, 81]}", "{{ .host }}:{{ .port }}"))],
    yields: [
      "specs.yaml:25:43 invalid-template {{ .host }} has no one value: a block of addresses has no host, and several ports are no port → write the value out, or name a host, a single address, or one port",
    ],
  },
  {
    mistake: "an environment of a connection that is not there",
    documents: connecting(`${external("{host: api.example, port: 443}")}      environments: {prd: {port: 80}}\n`),
    yields: [
      "specs.yaml:26:22 unknown-environment there is no Environment prd → did you mean prod?",
      "  platform.yaml:25 Environment prod stands here",
    ],
  },
  {
    mistake: "a region that no plane of the environment is in",
    instead: project("  regions: [us-east]\n"),
    documents: service("cart"),
    yields: [
      "specs.yaml:25:9 outside-region project shop runs in us-east only, and DataPlane eu of dev does not say in which region it is → place it in another environment, or mend the Project's regions or the DataPlane's region",
      "  platform.yaml:67 the Project's regions stand here",
      "  platform.yaml:6 DataPlane eu stands here",
    ],
  },
  {
    mistake: "two cells in one namespace",
    instead: project("  environments:\n    dev: {namespace: old}\n    prod: {namespace: old}\n"),
    documents: service("cart"),
    yields: [
      "platform.yaml:68:22 namespace-conflict the cell of shop in prod is in namespace old of the same plane → give each cell a namespace of its own; until then nothing of these cells is deployed anew",
      "  platform.yaml:69 the cell of shop in prod is said here",
      "platform.yaml:69:23 namespace-conflict the cell of shop in dev is in namespace old of the same plane → give each cell a namespace of its own; until then nothing of these cells is deployed anew",
      "  platform.yaml:68 the cell of shop in dev is said here",
    ],
  },
  {
    mistake: "a namespace that another cell has by its name",
    instead: project(`  environments:\n    dev: {namespace: ${storeInDev}}\n`),
    documents: [doc("Project", "store", "  deploymentPipelineRef: line"), ...service("cart")],
    yields: [
      `platform.yaml:68:22 namespace-conflict the cell of store in dev is in namespace ${storeInDev} of the same plane → give each cell a namespace of its own; until then nothing of these cells is deployed anew`,
      "  specs.yaml:1 the cell of store in dev is said here",
    ],
  },
  {
    mistake: "settings of a namespace that is not made here, and one that a DataPlane asks for",
    instead: plane("  cell: {podSecurity: baseline}"),
    documents: [doc("Project", "store", "  deploymentPipelineRef: line\n  environments: {dev: {namespace: old}}")],
    yields: [
      "specs.yaml:7:35 unsupported-policy the namespace old is not made here, so podSecurity of the cell is not set on it → set them on the namespace by hand, or let the cell have a namespace of its own",
    ],
  },
  {
    mistake: "an environment of a Project that is not there",
    documents: [
      doc("Project", "store", "  deploymentPipelineRef: line\n  environments: {prd: {podSecurity: baseline}}"),
    ],
    yields: [
      "specs.yaml:7:18 unknown-environment there is no Environment prd → did you mean prod?",
      "  platform.yaml:25 Environment prod stands here",
    ],
  },
  {
    mistake: "name servers that are pods and addresses at once",
    instead: plane("  nameServers: [{namespace: dns, cidr: 10.0.0.0/8}]"),
    yields: [
      "platform.yaml:11:17 schema spec.nameServers.0: needs a namespace, a cidr or an entity, and one of them → write a value that keeps this rule",
    ],
  },
  {
    mistake: "encryption by Cilium on a plane without it",
    instead: plane("  networkPolicy: Kubernetes\n  transportEncryption: WireGuard"),
    yields: [
      "platform.yaml:12:24 unsupported-policy WireGuard is asked of Cilium, and networkPolicy says that the plane has none → remove it, or run Cilium and say networkPolicy: Cilium",
    ],
  },
];

test.for(rows)("$mistake", async ({ instead, documents = [], yields }) => {
  const platform = surroundings.map((text) =>
    text.includes(`kind: ${instead?.kind}\n`) ? (instead?.text ?? "") : text,
  );
  const files = [["platform.yaml", platform] as const, ["specs.yaml", documents] as const];
  const { problems } = await renderFilesOf(new Map(files.map(([path, texts]) => [path, texts.join("---\n")])));
  const told = problems.flatMap(({ code, message, place, remedy, related = [] }) => [
    `${place.file}:${place.line}:${place.column} ${code} ${message} → ${remedy}`,
    ...related.map((one) => `  ${one.place.file}:${one.place.line} ${one.message}`),
  ]);
  expect(told).toEqual(yields);
});

test("nothing is deployed anew where two cells would share a namespace, and the other cells are", async () => {
  const texts = surroundings.map((text) =>
    text.includes("kind: Project\n")
      ? project("  environments:\n    dev: {namespace: old}\n    prod: {namespace: old}\n").text
      : text,
  );
  const other = doc("Project", "store", "  deploymentPipelineRef: line");
  const stock = service("stock").map((text) => text.replace("projectName: shop", "projectName: store"));
  const all = [...texts, other, ...service("cart"), ...stock].join("---\n");
  const { releases } = await renderFilesOf(new Map([["specs.yaml", all]]));
  expect(releases.map(({ path }) => path)).toEqual(["cells/store/dev.yaml", "releases/store/dev/stock.yaml"]);
});

test("a Binding without its Project stays as it is", async () => {
  const binding = doc(
    "ServiceBinding",
    "cart-prod",
    `${owner("cart")}  environment: prod\n  workloadSpec: {containers: {main: {image: a}}}`,
  );
  const texts = surroundings.filter((text) => !text.includes("kind: Project\n"));
  const all = [...texts, ...service("cart"), binding].join("---\n");
  const { releases, problems } = await renderFilesOf(new Map([["specs.yaml", all]]));
  expect(releases).toEqual([]);
  expect(problems.map(({ code }) => code)).toContain("unknown-project");
});
