import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { renderTexts } from "../specs-fixture.contract.ts";
import { checkCellBounds, checkPodCount } from "./check-cell-bounds.ts";
import { platformWith, serviceOf } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const pod = (resources: object, list = "containers"): object => ({ [list]: [{ name: "main", resources }] });
const none = (counted: string): string =>
  `no pod would start: quota of its cell counts ${counted}, and container main says none`;
const beyond = (field: string, said: string, allowed: string): string =>
  `no pod would start: ${field} of container main is ${said}, and limits of its cell allow ${allowed}`;
const counting = (...names: readonly string[]) => ({
  quota: Object.fromEntries(names.map((name) => [name, "1"])),
});
const limits = (fields: object, type = "Container") => ({ limits: [{ type, ...fields }] });

type Row = {
  readonly what: string;
  readonly spec: object;
  readonly settings: object;
  readonly isAdopted?: boolean;
  readonly yields: readonly string[];
};

const rows: readonly Row[] = [
  {
    what: "nothing of what a quota counts",
    spec: pod({}),
    settings: counting("cpu", "requests.memory", "limits.cpu", "limits.memory"),
    yields: ["cpu", "limits.cpu", "requests.memory", "limits.memory"].map(none),
  },
  {
    what: "nothing of it before the others",
    spec: pod({}, "initContainers"),
    settings: counting("cpu"),
    yields: [none("cpu")],
  },
  {
    what: "nothing of what a quota counts and lets be left out",
    spec: pod({}),
    settings: counting("pods", "requests.ephemeral-storage", "requests.storage", "count/pods"),
    yields: [],
  },
  {
    what: "a limit, which is a request",
    spec: pod({ limits: { cpu: 1 } }),
    settings: counting("cpu", "requests.cpu", "limits.cpu"),
    yields: [],
  },
  {
    what: "a request, which is no limit",
    spec: pod({ requests: { cpu: 1 } }),
    settings: counting("requests.cpu", "limits.cpu"),
    yields: [none("limits.cpu")],
  },
  {
    what: "nothing, where the cell fills it in",
    spec: pod({}),
    settings: { ...counting("limits.memory", "requests.cpu"), ...limits({ default: { memory: 1 }, min: { cpu: 1 } }) },
    yields: [],
  },
  {
    what: "nothing, where the cell fills in the request alone",
    spec: pod({}),
    settings: { ...counting("limits.memory"), ...limits({ defaultRequest: { memory: 1 }, min: { memory: 1 } }) },
    yields: [none("limits.memory")],
  },
  {
    what: "resources of the pod itself",
    spec: { ...pod({}), resources: { limits: { memory: "1Gi" } } },
    settings: counting("limits.memory", "limits.cpu"),
    yields: [],
  },
  {
    what: "nothing, in a namespace that is another's",
    spec: pod({}),
    settings: counting("cpu"),
    isAdopted: true,
    yields: [],
  },
  {
    what: "more than the most",
    spec: pod({ requests: { memory: "2Gi", cpu: 9 }, limits: { memory: "8Gi" } }),
    settings: limits({ max: { memory: "1Gi" } }),
    yields: [beyond("limits.memory", "8Gi", "1Gi at most"), beyond("requests.memory", "2Gi", "1Gi at most")],
  },
  {
    what: "more than the most, in a namespace that is another's",
    spec: pod({ limits: { memory: "8Gi" } }),
    settings: limits({ max: { memory: "1Gi" } }),
    isAdopted: true,
    yields: [beyond("limits.memory", "8Gi", "1Gi at most")],
  },
  {
    what: "less than the least",
    spec: pod({ limits: { cpu: "50m" } }),
    settings: limits({ min: { cpu: "0.1" }, max: { cpu: 1 } }),
    yields: [beyond("limits.cpu", "50m", "0.1 at least")],
  },
  {
    what: "as much as the most, and the least",
    spec: pod({ requests: { cpu: "100m" }, limits: { cpu: "1000m" } }),
    settings: limits({ min: { cpu: "0.1" }, max: { cpu: 1 } }),
    yields: [],
  },
  {
    what: "more than the most of a claim",
    spec: pod({ limits: { memory: "8Gi" } }),
    settings: limits({ max: { memory: "1Gi" } }, "PersistentVolumeClaim"),
    yields: [],
  },
];

test.for(rows)("a container that says $what", ({ spec, settings, isAdopted = false, yields }) => {
  const cell = { settings: trace(settings, origin), isAdopted };
  const problems = checkCellBounds(trace(spec, origin), { cell, base: undefined, file: "class.yaml" });
  expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual(
    yields.map((message) => `warning ${message}`),
  );
});

test.for([
  { count: 3, quota: { pods: "3" }, yields: [] },
  {
    count: 4,
    quota: { pods: "3" },
    yields: ["quota of the cell has room for 3 pods in all, and up to 4 are to run here"],
  },
  { count: 4, quota: { cpu: 1 }, yields: [] },
  { count: undefined, quota: { pods: 0 }, yields: [] },
])("$count pods beside a quota of $quota", ({ count, quota, yields }) => {
  const cell = { settings: trace({ quota }, origin), isAdopted: false };
  const tree = count === undefined ? undefined : trace(count, origin);
  expect(checkPodCount(tree, { cell, file: "class.yaml" }).map(({ message }) => message)).toEqual(yields);
});

test("a service beyond its cell's bounds is rendered, with a warning at the line of each", async () => {
  const bounded =
    "  dataPlaneRef: eu\n  cell: {quota: {pods: '1', limits.cpu: '1'}, limits: [{type: Container, max: {memory: 1Gi}}]}";
  const platform = platformWith("Environment", bounded);
  const documents = serviceOf("resources: {limits: {memory: 8Gi}}");
  const { problems, releases } = await renderTexts(...platform, ...documents);
  const lines = [...platform, ...documents].join("---\n").split("\n");
  const found = problems
    .filter(({ code, severity }) => code === "invalid-template" && severity === "warning")
    .map(({ message, place }) => `${lines[place.line - 1]?.trim()} | ${message}`);
  expect(new Set(found)).toEqual(
    new Set([
      `image: a | ${none("limits.cpu")}`,
      `resources: {limits: {memory: 8Gi}} | ${beyond("limits.memory", "8Gi", "1Gi at most")}`,
      "replicas: 2 | quota of the cell has room for 1 pods in all, and up to 2 are to run here",
    ]),
  );
  const kinds = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object.kind));
  expect(kinds).toContain("Deployment");
});
