/** What of a class's containers a Workload does not take over. */
import { expect, test } from "vitest";
import { errorsOf, platformWith, podOf, renderService, serviceOf } from "./rendered-service.contract.ts";

const privilegedCell = platformWith("Environment", "  dataPlaneRef: eu\n  cell: {podSecurity: privileged}");
const classOf = (pod: string): readonly string[] =>
  platformWith("ServiceClass", `  deploymentTemplate: {template: {spec: ${pod}}}`, privilegedCell);
const helper = (fields: string): string => `containers: [{name: main}, {name: helper, ${fields}}]`;
const withHelper = serviceOf("", "    helper: {image: mine}\n");
const taken = "unsafe-template container helper is of class default, which gives it its image";

test.for([
  { what: "with an image", pod: `{${helper("image: b")}}`, isTaken: true },
  { what: "without one", pod: `{${helper("env: [{name: A, value: b}]")}}`, isTaken: false },
  {
    what: "without one, whatever it may",
    pod: `{${helper("securityContext: {privileged: true}")}}`,
    isTaken: false,
  },
])("a Workload's image for a class's container $what", async ({ pod, isTaken }) => {
  const rendered = await renderService(classOf(pod), ...withHelper);
  const deployed = rendered.objects.some(({ kind }) => kind === "Deployment") ? podOf(rendered.objects) : undefined;
  expect({ errors: errorsOf(rendered), images: deployed?.spec.containers.map(({ image }) => image) }).toEqual({
    errors: isTaken ? [taken] : [],
    images: isTaken ? undefined : ["a", "mine"],
  });
});

test("the Problem stands at the Workload's image", async () => {
  const platform = classOf(`{${helper("image: b, securityContext: {privileged: true}")}}`);
  const { errors } = await renderService(platform, ...withHelper);
  const lines = [...platform, ...withHelper].join("---\n").split("\n");
  expect(lines[Number(errors[0]?.split(" ")[0]) - 1]).toBe("    helper: {image: mine}");
});

const nodeVolume = "volumes: [{name: node, hostPath: {path: /}}]";

test("a Workload does not mount files of the node that its class has for another container", async () => {
  const platform = classOf(`{${nodeVolume}, containers: [{name: main}]}`);
  const rendered = await renderService(platform, ...serviceOf("volumeMounts: [{name: node, mountPath: /node}]"));
  expect(errorsOf(rendered)).toEqual([
    "unsafe-template volume node is of the files of the node, which only the class mounts",
  ]);
});

test("a Workload's container has what the class mounts in it", async () => {
  const mounts = "volumeMounts: [{name: node, mountPath: /node}]";
  const platform = classOf(`{${nodeVolume}, containers: [{name: main, ${mounts}}]}`);
  const rendered = await renderService(platform, ...serviceOf(""));
  expect(errorsOf(rendered)).toEqual([]);
  expect(podOf(rendered.objects).spec.containers[0]).toMatchObject({
    volumeMounts: [{ name: "node", mountPath: "/node" }],
  });
});

test.for([
  {
    allowed: "",
    yields: ["invalid-override ServiceClass default does not let an environment change env, only replicas, resources"],
  },
  { allowed: "\n  allowedOverrides: [env]", yields: [] },
])("an environment changes variables of a class's container where the class says so: $allowed", async (row) => {
  const pod = `{${helper("image: b, securityContext: {privileged: true}")}}`;
  const platform = platformWith(
    "ServiceClass",
    `  deploymentTemplate: {template: {spec: ${pod}}}${row.allowed}`,
    privilegedCell,
  );
  const binding = `apiVersion: openchoreo.dev/v1alpha1
kind: ServiceBinding
metadata: {name: cart-dev}
spec:
  owner: {projectName: shop, componentName: cart}
  environment: dev
  workloadSpec: {containers: {main: {image: a}}}
  environmentOverrides: {containers: {helper: {env: [{key: A, value: b}]}}}
`;
  expect(errorsOf(await renderService(platform, ...serviceOf(""), binding))).toEqual(row.yields);
});
