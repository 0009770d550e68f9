/** How far a Workload and an environment may go, where the class says it. */
import { expect, test } from "vitest";
import { doc, owner, renderFilesOf } from "../specs-fixture.contract.ts";
import { errorsOf, platformWith, renderService, serviceOf } from "./rendered-service.contract.ts";

const classOf = (limits: string, more = ""): readonly string[] =>
  platformWith(
    "ServiceClass",
    `  allowedOverrides: [replicas, autoscaling, resources, volumes]\n  overrideLimits: ${limits}\n${more}`,
  );
const overridden = (overrides: string, more = ""): string =>
  doc(
    "ServiceBinding",
    "cart-dev",
    `${owner("cart")}  environment: dev\n  workloadSpec: {containers: {main: {image: old}}}\n  environmentOverrides: ${overrides}\n${more}`,
  );
const resources = (fields: string): string => `{containers: {main: {resources: ${fields}}}}`;
const stateful = serviceOf(
  "volumeMounts: [{name: data, mountPath: /data}]",
  "  volumes: {data: {persistent: {size: 5Gi, accessModes: [ReadWriteMany]}}}\n",
);
const autoscaler = "  hpaTemplate: {maxReplicas: 3}\n";
const beyond = (what: string, word: "more" | "less", limit: string): string =>
  `invalid-override ${what} is ${word} than the ${limit} that ServiceClass default lets an environment have`;

type Row = {
  readonly what: string;
  readonly limits: string;
  readonly more?: string;
  readonly overrides: string;
  readonly yields?: readonly string[];
};

test.for<Row>([
  {
    what: "more pods",
    limits: "{replicas: {max: 10}}",
    overrides: "{replicas: 11}",
    yields: [beyond("replicas 11", "more", "10")],
  },
  {
    what: "fewer pods",
    limits: "{replicas: {min: 2}}",
    overrides: "{replicas: 1}",
    yields: [beyond("replicas 1", "less", "2")],
  },
  { what: "none: as many as there may be", limits: "{replicas: {min: 3, max: 3}}", overrides: "{replicas: 3}" },
  {
    what: "wider bounds of an autoscaler",
    limits: "{autoscaling: {min: 2, max: 5}}",
    more: autoscaler,
    overrides: "{autoscaling: {minReplicas: 1, maxReplicas: 6}}",
    yields: [beyond("minReplicas 1", "less", "2"), beyond("maxReplicas 6", "more", "5")],
  },
  {
    what: "more of a resource, however it is written",
    limits: "{resources: {max: {cpu: 500m, memory: 1Gi}}}",
    overrides: resources("{requests: {cpu: 0.6}, limits: {cpu: 1, memory: 1025Mi}}"),
    yields: [
      beyond("cpu 0.6", "more", "500m"),
      beyond("cpu 1", "more", "500m"),
      beyond("memory 1025Mi", "more", "1Gi"),
    ],
  },
  {
    what: "less of a resource",
    limits: "{resources: {min: {memory: 64Mi}}}",
    overrides: resources("{limits: {memory: 63Mi}}"),
    yields: [beyond("memory 63Mi", "less", "64Mi")],
  },
  {
    what: "none: resources within their bounds, and one without any",
    limits: "{resources: {min: {cpu: 100m}, max: {cpu: 1}}}",
    overrides: resources("{requests: {cpu: 100m}, limits: {cpu: 1000m, memory: 1Ti}}"),
  },
  {
    what: "more room",
    limits: "{volumes: {max: 10Gi}}",
    overrides: "{volumes: {data: {size: 11Gi}}}",
    yields: [beyond("size 11Gi", "more", "10Gi")],
  },
])("an environment that wants $what", async ({ limits, more, overrides, yields = [] }) => {
  const rendered = await renderService(classOf(limits, more), ...stateful, overridden(overrides));
  expect(errorsOf(rendered)).toEqual(yields);
});

test("one plane of an environment is held to them too, and the Problem shows both lines", async () => {
  const files = new Map([
    ["all.yaml", [...classOf("{replicas: {max: 10}}"), ...serviceOf("")].join("---\n")],
    ["binding.yaml", overridden("{replicas: 10}", "  planeOverrides: {eu: {replicas: 11}}\n")],
  ]);
  const { problems } = await renderFilesOf(files);
  const errors = problems.filter(({ severity }) => severity === "error");
  const lines = files.get("all.yaml")?.split("\n") ?? [];
  expect(
    errors.map(({ place, related = [] }) => ({ place, related: related.map((one) => lines[one.place.line - 1]) })),
  ).toEqual([
    { place: { file: "binding.yaml", line: 12, column: 35 }, related: ["  overrideLimits: {replicas: {max: 10}}"] },
  ]);
});

const bounds = "{resources: {min: {cpu: 100m}, max: {memory: 1Gi}}, volumes: {max: 10Gi}}";
const greedy = "resources: {requests: {cpu: 50m}, limits: {memory: 100Gi}}";
const storage = "volumeMounts: [{name: data, mountPath: /data}]";
const roomy = "  volumes: {data: {persistent: {size: 11Gi, accessModes: [ReadWriteMany]}}}\n";
const ofWorkload = [
  beyond("cpu 50m", "less", "100m"),
  beyond("memory 100Gi", "more", "1Gi"),
  beyond("size 11Gi", "more", "10Gi"),
].map((told) => told.replace("an environment", "a Workload"));

test("a Workload is held to them too", async () => {
  const rendered = await renderService(classOf(bounds), ...serviceOf(`${greedy}\n${storage}`, roomy));
  expect(errorsOf(rendered)).toEqual(ofWorkload);
  expect(rendered.objects.filter(({ kind }) => kind === "Deployment")).toEqual([]);
});

test("so is the workload that a Binding keeps, at its line", async () => {
  const kept = doc(
    "ServiceBinding",
    "cart-prod",
    `${owner("cart")}  environment: prod\n  workloadSpec: {containers: {main: {image: a, ${greedy}}}}\n  environmentOverrides: {replicas: 1}`,
  );
  const files = new Map([
    ["all.yaml", [...classOf(bounds), ...serviceOf("")].join("---\n")],
    ["binding.yaml", kept],
  ]);
  const { problems } = await renderFilesOf(files);
  const errors = problems.filter(({ severity }) => severity === "error");
  expect(errors.map(({ place, code, message }) => `${place.file}:${place.line} ${code} ${message}`)).toEqual(
    ofWorkload.slice(0, 2).map((told) => `binding.yaml:10 ${told}`),
  );
});

test.for([
  {
    what: "where the environment says all of it otherwise",
    overrides:
      "{containers: {main: {resources: {requests: {cpu: 100m}, limits: {memory: 1Gi}}}}, volumes: {data: {size: 10Gi}}}",
    left: [],
  },
  {
    what: "where the environment says something else",
    overrides: "{containers: {main: {resources: {limits: {cpu: 1}}}}, volumes: {data: {storageClass: fast}}}",
    left: ofWorkload,
  },
  {
    what: "where the environment says no value",
    overrides: "{containers: {main: {resources: {limits: {memory: null}}}}}",
    left: ofWorkload,
  },
])("what of a Workload is beyond them $what: $left", async ({ overrides, left }) => {
  const documents = serviceOf(`${greedy}\n${storage}`, roomy);
  expect(errorsOf(await renderService(classOf(bounds), ...documents, overridden(overrides)))).toEqual(left);
});

test("an override that is refused takes back nothing of what another mends", async () => {
  const mended = "main: {resources: {requests: {cpu: 100m}, limits: {memory: 1Gi}}}";
  const overrides = `{containers: {${mended}, mian: {resources: {limits: {cpu: 1}}}}}`;
  expect(errorsOf(await renderService(classOf(bounds), ...serviceOf(greedy), overridden(overrides)))).toEqual([
    "invalid-override the component has no container mian to change",
  ]);
});

test("what the class says itself is not held to them", async () => {
  const pods = "{containers: [{name: main, resources: {limits: {memory: 2Gi}}}]}";
  const platform = classOf(bounds, `  deploymentTemplate: {template: {spec: ${pods}}}\n`);
  expect(errorsOf(await renderService(platform, ...serviceOf("")))).toEqual([]);
});
