import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { doc, owner, renderTexts, service } from "../specs-fixture.contract.ts";
import { checkMeasured } from "./check-measured.ts";
import { platformWith } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const share = { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } };
const ofPods = { metrics: [{ type: "Resource", resource: share }] };
const ofMain = { metrics: [{ type: "ContainerResource", containerResource: { container: "main", ...share } }] };
const containers = (resources: object, others: readonly object[] = []): object => ({
  containers: [{ name: "main", resources }, ...others],
});
const limits = (fields: object): object => ({ limits: [{ type: "Container", ...fields }] });
const wanting = (name: string): string =>
  `the autoscaler measures cpu by what is requested of it, and container ${name} requests none`;

type Row = {
  readonly what: string;
  readonly autoscaler?: object;
  readonly pod: object;
  readonly settings?: object;
  readonly isAdopted?: boolean;
  readonly yields: readonly string[];
};

const rows: readonly Row[] = [
  { what: "a container without a request", pod: containers({}), yields: [wanting("main")] },
  { what: "no metrics, which is cpu", autoscaler: {}, pod: containers({}), yields: [wanting("main")] },
  { what: "a request", pod: containers({ requests: { cpu: "1" } }), yields: [] },
  { what: "a limit, which is a request", pod: containers({ limits: { cpu: "1" } }), yields: [] },
  { what: "a request of something else", pod: containers({ requests: { memory: "1Gi" } }), yields: [wanting("main")] },
  { what: "a request of the pod", pod: { resources: { requests: { cpu: "1" } }, ...containers({}) }, yields: [] },
  {
    what: "another container without a request",
    pod: containers({ requests: { cpu: "1" } }, [{ name: "proxy" }]),
    yields: [wanting("proxy")],
  },
  {
    what: "another container that is not measured",
    autoscaler: ofMain,
    pod: containers({ requests: { cpu: "1" } }, [{ name: "proxy" }]),
    yields: [],
  },
  { what: "one container that is measured", autoscaler: ofMain, pod: containers({}), yields: [wanting("main")] },
  {
    what: "an amount, which needs no request",
    autoscaler: { metrics: [{ type: "Resource", resource: { name: "cpu", target: { averageValue: "500m" } } }] },
    pod: containers({}),
    yields: [],
  },
  { what: "a cell that fills it in", pod: containers({}), settings: limits({ default: { cpu: 1 } }), yields: [] },
  {
    what: "a cell that fills something else in",
    pod: containers({}),
    settings: limits({ default: { memory: 1 } }),
    yields: [wanting("main")],
  },
  { what: "a namespace that is another's", pod: containers({}), isAdopted: true, yields: [] },
];

test.for(rows)("$what", ({ autoscaler = ofPods, pod, settings = {}, isAdopted = false, yields }) => {
  const problems = checkMeasured(trace(autoscaler, origin), {
    podSpec: trace(pod, origin),
    cell: { settings: trace(settings, origin), isAdopted },
    file: "class.yaml",
  });
  expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual(
    yields.map((message) => `warning ${message}`),
  );
});

test.for([
  { state: "Active", yields: [wanting("main")] },
  { state: "Suspend", yields: [] },
])("a service that is $state is rendered", async ({ state, yields }) => {
  const platform = platformWith("ServiceClass", "  hpaTemplate: {maxReplicas: 3}");
  const binding = doc(
    "ServiceBinding",
    "cart-dev",
    `${owner("cart")}  environment: dev\n  releaseState: ${state}\n  workloadSpec: {containers: {main: {image: a}}}`,
  );
  const { problems, releases } = await renderTexts(...platform, ...service("cart"), binding);
  expect(problems.filter(({ code }) => code === "invalid-template").map(({ message }) => message)).toEqual(yields);
  const kinds = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object.kind));
  expect(kinds).toContain("Deployment");
});
