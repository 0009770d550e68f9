import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { renderTexts, service } from "../specs-fixture.contract.ts";
import { checkPodSecurity } from "./check-pod-security.ts";
import { platformWith } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const restrained = { allowPrivilegeEscalation: false, capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] } };
const ofPod = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
const lacking =
  "allowPrivilegeEscalation: false, capabilities.drop: [ALL], runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}";

type Row = {
  readonly what: string;
  readonly pod?: object;
  readonly container?: object;
  readonly os?: object;
  readonly cell?: { readonly podSecurity?: string; readonly isAdopted?: boolean };
  /** What is wanted of container `main`; undefined for nothing. */
  readonly yields?: string;
};

const rows: readonly Row[] = [
  { what: "nothing at baseline" },
  { what: "nothing at restricted", cell: { podSecurity: "restricted" }, yields: `restricted ${lacking}` },
  { what: "nothing in another's namespace", cell: { podSecurity: "restricted", isAdopted: true } },
  { what: "nothing where pods are Windows'", cell: { podSecurity: "restricted" }, os: { name: "windows" } },
  {
    what: "all that restricted wants, of the pod and of the container",
    pod: ofPod,
    container: restrained,
    cell: { podSecurity: "restricted" },
  },
  {
    what: "a container that takes back what the pod says",
    pod: ofPod,
    container: { ...restrained, runAsNonRoot: false, runAsUser: 0, seccompProfile: { type: "Unconfined" } },
    cell: { podSecurity: "restricted" },
    yields: "restricted runAsNonRoot: true, no runAsUser: 0, seccompProfile: {type: RuntimeDefault}",
  },
  {
    what: "a capability that baseline takes and restricted does not",
    pod: ofPod,
    container: { ...restrained, capabilities: { add: ["CHOWN"], drop: ["ALL"] } },
    cell: { podSecurity: "restricted" },
    yields: "restricted fewer capabilities.add",
  },
  {
    what: "what baseline refuses, where nobody says a level",
    container: {
      privileged: true,
      procMount: "Unmasked",
      seccompProfile: { type: "Unconfined" },
      capabilities: { add: ["SYS_ADMIN"] },
    },
    yields:
      "baseline no privileged: true, no procMount: Unmasked, fewer capabilities.add, no seccompProfile Unconfined",
  },
  { what: "a usual capability at baseline", container: { capabilities: { add: ["CHOWN"] } } },
  {
    what: "a privileged container where it may be",
    container: { privileged: true },
    cell: { podSecurity: "privileged" },
  },
];

test.for(rows)(
  "$what",
  ({ pod = {}, container = {}, os = {}, cell: { isAdopted = false, ...settings } = {}, yields }) => {
    const spec = trace(
      { os, securityContext: pod, containers: [{ name: "main", securityContext: container }] },
      origin,
    );
    const cell = { isAdopted, settings: trace(settings, origin) };
    const problems = checkPodSecurity(spec, { cell, base: undefined, file: "class.yaml" });
    const [level, ...wanted] = (yields ?? "").split(" ");
    expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual(
      yields === undefined
        ? []
        : [
            `warning no pod would start: podSecurity of its cell is ${level}, which wants of container main ${wanted.join(" ")}`,
          ],
    );
  },
);

test("it is a warning at the class's container, and the pod is rendered", async () => {
  const platform = platformWith(
    "Environment",
    "  dataPlaneRef: eu\n  cell: {podSecurity: restricted}",
    platformWith("ServiceClass", "  deploymentTemplate: {template: {spec: {containers: [{name: main}]}}}"),
  );
  const { problems, releases } = await renderTexts(...platform, ...service("cart"));
  const warnings = problems.filter(({ code }) => code === "invalid-template");
  const line = [...platform]
    .join("---\n")
    .split("\n")
    .findIndex((text) => text.includes("{name: main}"));
  expect(warnings.map(({ severity, place }) => [severity, place.line])).toEqual([["warning", line + 1]]);
  const kinds = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object.kind));
  expect(kinds).toContain("Deployment");
});
