import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { surroundings } from "../specs-fixture.contract.ts";
import { checkAmounts, checkMissingAmounts } from "./check-amounts.ts";
import { errorsOf, platformWith, renderService, serviceOf } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const gpu = "example.com/gpu";
const pages = "hugepages-2Mi";
const noLimit = (resource: string): string => `${resource} is requested without a limit, and nobody shares it`;
const alone = `${pages} stands without cpu and memory, and needs one of them beside it`;

test.for([
  {
    what: "requests beyond limits, in units that differ",
    requests: { cpu: "1500m", memory: "1Gi", "ephemeral-storage": "1e3" },
    limits: { cpu: 1, memory: "1000Mi", "ephemeral-storage": "1k" },
    yields: ["more cpu is requested than the limit allows", "more memory is requested than the limit allows"],
  },
  {
    what: "requests without limits and at them",
    requests: { cpu: 1, memory: "1Gi" },
    limits: { memory: "1024Mi" },
    yields: [],
  },
  {
    what: "half a device, and two thousand thousandths of one",
    requests: { [gpu]: "2000m" },
    limits: { [gpu]: 2, "example.com/half": "0.5", cpu: "0.5" },
    yields: ["example.com/half is counted, and 0.5 is no whole number"],
  },
  {
    what: "fewer than the limit of what nobody shares",
    requests: { [gpu]: 1, [pages]: "2Mi", "x.kubernetes.io/y": 1 },
    limits: { [gpu]: 2, [pages]: "4Mi", "x.kubernetes.io/y": 2 },
    yields: [gpu, pages].map(
      (resource) => `another amount of ${resource} is requested than the limit, and nobody shares what is left`,
    ),
  },
  { what: "blanks", requests: { [gpu]: null, cpu: 2 }, limits: { [gpu]: 1, cpu: null }, yields: [] },
])("$what", ({ requests, limits, yields }) => {
  const faults = checkAmounts(trace({ requests, limits }, origin));
  expect(faults.map(({ message }) => message)).toEqual(yields);
});

test.for([
  { what: "a device without a limit", resources: { requests: { [gpu]: 1 } }, yields: [noLimit(gpu)] },
  { what: "a limit of devices alone", resources: { limits: { [gpu]: 1 } }, yields: [] },
  { what: "cpu without a limit", resources: { requests: { cpu: 1 } }, yields: [] },
  { what: "huge pages alone", resources: { limits: { [pages]: "2Mi" } }, yields: [alone] },
  {
    what: "huge pages requested alone",
    resources: { requests: { [pages]: "2Mi" } },
    yields: [noLimit(pages), alone],
  },
  { what: "huge pages and memory", resources: { limits: { [pages]: "2Mi", memory: "1Gi" } }, yields: [] },
  {
    what: "huge pages and a request of cpu",
    resources: { limits: { [pages]: "2Mi" }, requests: { cpu: 1 } },
    yields: [],
  },
])("$what", ({ resources, yields }) => {
  for (const list of ["containers", "initContainers"]) {
    const podSpec = trace({ [list]: [{ name: "main", resources }] }, origin);
    expect(checkMissingAmounts(podSpec, "class.yaml").map(({ message }) => message)).toEqual(yields);
  }
});

const classOf = (resources: string): readonly string[] =>
  platformWith(
    "ServiceClass",
    `  deploymentTemplate: {template: {spec: {containers: [{name: main, resources: ${resources}}]}}}`,
  );

test.for([
  {
    what: "says what its class leaves out",
    platform: classOf(`{limits: {${pages}: 2Mi}, requests: {${gpu}: 1}}`),
    resources: `{limits: {memory: 1Gi, ${gpu}: 1}}`,
    yields: [],
  },
  { what: "asks for a device", platform: surroundings, resources: `{requests: {${gpu}: 1}}`, yields: [noLimit(gpu)] },
  {
    what: "asks for half a device",
    platform: surroundings,
    resources: `{limits: {${gpu}: 500m}}`,
    yields: [`${gpu} is counted, and 500m is no whole number`],
  },
])("a Workload that $what, over its class", async ({ platform, resources, yields }) => {
  const rendered = await renderService(platform, ...serviceOf(`resources: ${resources}`));
  expect(errorsOf(rendered)).toEqual(yields.map((message) => `invalid-template ${message}`));
});
