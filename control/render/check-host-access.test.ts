import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { doc, service, surroundings } from "../specs-fixture.contract.ts";
import { checkHostAccess } from "./check-host-access.ts";
import { errorsOf, platformWith, renderService, specOf } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const needs = "of their node, which needs a cell with podSecurity: privileged";
const everything = {
  hostNetwork: true,
  hostPID: true,
  hostIPC: true,
  volumes: [{ name: "a", hostPath: { path: "/" } }],
  initContainers: [{ name: "b", ports: [{ containerPort: 1, hostPort: 2 }] }],
  containers: [{ name: "c", ports: [{ containerPort: 3, hostPort: 4 }] }],
};
const all = [
  `with hostNetwork pods share the network ${needs}`,
  `with hostPID pods share the processes ${needs}`,
  `with hostIPC pods share the interprocess communication ${needs}`,
  `volume a is a hostPath, which is of the files ${needs}`,
  `hostPort 2 is of the ports ${needs}`,
  `hostPort 4 is of the ports ${needs}`,
];

test.for([
  { what: "everything where nobody says a level", spec: everything, settings: {}, yields: all },
  { what: "everything at baseline", spec: everything, settings: { podSecurity: "baseline" }, yields: all },
  { what: "everything where it is privileged", spec: everything, settings: { podSecurity: "privileged" }, yields: [] },
  {
    what: "nothing of it",
    spec: {
      hostNetwork: false,
      hostPID: null,
      volumes: [{ name: "a", emptyDir: {}, hostPath: null }],
      containers: [{ name: "c", ports: [{ containerPort: 3, hostPort: 0 }] }],
    },
    settings: {},
    yields: [],
  },
])("$what", ({ spec, settings, yields }) => {
  const cell = { settings: trace(settings, origin) };
  const problems = checkHostAccess(trace(spec, origin), { cell, file: "class.yaml" });
  expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual(
    yields.map((message) => `unsafe-template ${message}`),
  );
});

const classOf = (pod: string): readonly string[] =>
  platformWith("ServiceClass", `  deploymentTemplate: {template: {spec: ${pod}}}`);

test("a class whose pods have what is the node's is rendered only into a cell that is privileged", async () => {
  const platform = classOf("{hostNetwork: true}");
  const closed = await renderService(platform, ...service("cart"));
  expect({ errors: errorsOf(closed), objects: closed.objects }).toEqual({
    errors: [`unsafe-template with hostNetwork pods share the network ${needs}`],
    objects: [],
  });
  const privileged = platformWith("Environment", "  dataPlaneRef: eu\n  cell: {podSecurity: privileged}", platform);
  const opened = await renderService(privileged, ...service("cart"));
  expect(opened.errors).toEqual([]);
  expect(specOf(opened.objects, "Deployment")).toMatchObject({ template: { spec: { hostNetwork: true } } });
});

test("pods of scheduled tasks neither", async () => {
  const documents = [
    doc(
      "ScheduledTaskClass",
      "default",
      '  cronJobTemplate: {schedule: "@daily", jobTemplate: {spec: {template: {spec: {hostPID: true}}}}}',
    ),
    ...service("cart").map((text) =>
      text.replace("type: Service", "type: ScheduledTask").replace("kind: Service\n", "kind: ScheduledTask\n"),
    ),
  ];
  expect(errorsOf(await renderService(surroundings, ...documents))).toEqual([
    `unsafe-template with hostPID pods share the processes ${needs}`,
  ]);
});

test.for([
  { who: "a class", platform: classOf("{priorityClassName: system-node-critical}") },
  {
    who: "a cell",
    platform: platformWith(
      "Environment",
      "  dataPlaneRef: eu\n  cell: {podSecurity: privileged, scheduling: {priorityClassName: system-node-critical}}",
    ),
  },
])("the priority of the cluster's own parts is not for $who to give", async ({ platform }) => {
  const rendered = await renderService(platform, ...service("cart"));
  expect(errorsOf(rendered)).toEqual([
    "unsafe-template system-node-critical is the priority of the cluster's own parts",
  ]);
});
