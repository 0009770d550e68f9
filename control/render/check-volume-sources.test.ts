/** Which volumes a class may give its pods: those that the node fetches past the cell's policies only where it is privileged. */
import { expect, test } from "vitest";
import { kubernetesType } from "../../schemas/kubernetes/type-table.ts";
import { trace } from "../load/traced.ts";
import { renderTexts, service } from "../specs-fixture.contract.ts";
import { cluster, clusterOwner, docOf, problemsOf, tenant } from "../tenant-specs.contract.ts";
import { checkVolumeSources } from "./check-volume-sources.ts";
import { errorsOf, platformWith, renderService, serviceOf, specOf } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const refused = (source: string): string =>
  `unsafe-template volume a is ${source}, which the node mounts past every policy of the cell: that needs a cell with podSecurity: privileged`;

function sourcesRefused(settings: object): readonly string[] {
  const volumes = Object.keys(kubernetesType("Volume").fields)
    .filter((source) => source !== "name")
    .map((source) => ({ name: source, [source]: {} }));
  const cell = { organization: "acme", gateways: undefined, settings: trace(settings, origin) };
  const problems = checkVolumeSources(trace({ volumes }, origin), { cell, file: "class.yaml" });
  return problems.map(({ message }) => / is (\w+), /.exec(message)?.[1] ?? message).toSorted();
}

test.for([{ settings: {} }, { settings: { podSecurity: "baseline" } }, { settings: { podSecurity: "restricted" } }])(
  "of all sources that Kubernetes knows those from elsewhere are refused with $settings",
  ({ settings }) => {
    expect(sourcesRefused(settings)).toEqual([
      "awsElasticBlockStore",
      "azureDisk",
      "azureFile",
      "cephfs",
      "cinder",
      "fc",
      "flexVolume",
      "flocker",
      "gcePersistentDisk",
      "gitRepo",
      "glusterfs",
      "iscsi",
      "nfs",
      "photonPersistentDisk",
      "portworxVolume",
      "quobyte",
      "rbd",
      "scaleIO",
      "storageos",
      "vsphereVolume",
    ]);
  },
);

test("none is refused where the cell is privileged", () => {
  expect(sourcesRefused({ podSecurity: "privileged" })).toEqual([]);
});

test("a source without a value is none", () => {
  const spec = trace({ volumes: [{ name: "a", emptyDir: {}, nfs: null }] }, origin);
  const cell = { organization: "acme", gateways: undefined, settings: trace({}, origin) };
  expect(checkVolumeSources(spec, { cell, file: "class.yaml" })).toEqual([]);
});

const classOf = (volume: string, platform?: readonly string[]): readonly string[] =>
  platformWith("ServiceClass", `  deploymentTemplate: {template: {spec: {volumes: [${volume}]}}}`, platform);
const nfs = "{name: a, nfs: {server: 169.254.169.254, path: /}}";

test("a class that mounts from the network is rendered only into a cell that is privileged", async () => {
  const platform = classOf(nfs);
  const closed = await renderService(platform, ...service("cart"));
  expect(errorsOf(closed)).toEqual([refused("nfs")]);
  expect(closed.objects.filter(({ kind }) => kind === "Deployment")).toEqual([]);
  const [error = ""] = closed.errors;
  const lines = [...platform, ...service("cart")].join("---\n").split("\n");
  expect(lines[Number(error.split(" ")[0]) - 1]).toContain(nfs);
  const privileged = platformWith("Environment", "  dataPlaneRef: eu\n  cell: {podSecurity: privileged}", platform);
  const opened = await renderService(privileged, ...service("cart"));
  expect(opened.errors).toEqual([]);
  expect(specOf(opened.objects, "Deployment")).toMatchObject({ template: { spec: { volumes: [{ nfs: {} }] } } });
});

test("a Workload's volume in place of the class's is what counts", async () => {
  const documents = serviceOf("volumeMounts: [{name: a, mountPath: /a}]", "  volumes: {a: {emptyDir: {}}}\n");
  expect(errorsOf(await renderService(classOf(nfs), ...documents))).toEqual([]);
});

const csi = "{name: a, csi: {driver: secrets-store.csi.k8s.io, readOnly: true}}";
const foreign =
  "error unsafe-template volume a is csi, by a driver of organization owner's cluster, which did not say who may name it";

test("a class of whoever runs the cluster may name a CSI driver", async () => {
  expect(errorsOf(await renderService(classOf(csi), ...service("cart")))).toEqual([]);
});

test.for([
  { who: "a guest", organization: "red", told: [foreign] },
  { who: "the owner", organization: cluster, told: [] },
])("in a cluster that is shared, $who names a CSI driver: $told", async ({ organization, told }) => {
  const texts = [...clusterOwner(["red"]), ...tenant({ organization: "red", project: "shop", component: "cart" })];
  const template = `  deploymentTemplate: {template: {spec: {volumes: [${csi}]}}}`;
  const named = texts.map((text) =>
    text.includes("kind: ServiceClass\n") && text.includes(`namespace: ${organization}\n`)
      ? docOf(organization, ["ServiceClass", "default"], template)
      : text,
  );
  expect(problemsOf(await renderTexts(...named))).toEqual(told);
});
