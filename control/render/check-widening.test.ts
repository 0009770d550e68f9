import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { doc, owner } from "../specs-fixture.contract.ts";
import { checkWidening } from "./check-widening.ts";
import { platformWith, podOf, renderService, serviceOf } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const podOfMain = (container: object | undefined, pod?: object): object => ({
  ...(pod === undefined ? {} : { securityContext: pod }),
  containers: [{ name: "main", ...(container === undefined ? {} : { securityContext: container }) }],
});

/** What container `main` says over what its class says of the container and of the pod. */
type Row = {
  readonly what: string;
  readonly said: object;
  readonly ofClass?: object;
  readonly ofPod?: object;
  /** The fields that widen. */
  readonly yields: readonly string[];
};

const rows: readonly Row[] = [
  {
    what: "everything that widens, where the class says nothing",
    said: {
      privileged: true,
      allowPrivilegeEscalation: true,
      runAsNonRoot: false,
      runAsUser: 0,
      procMount: "Unmasked",
      seccompProfile: { type: "Unconfined" },
      appArmorProfile: { type: "Unconfined" },
      seLinuxOptions: { level: "s0:c1,c2" },
      windowsOptions: { hostProcess: true },
      capabilities: { add: ["SYS_ADMIN", "cap_net_admin", "all"] },
    },
    yields: [
      "privileged true",
      "allowPrivilegeEscalation true",
      "runAsNonRoot false",
      "runAsUser 0",
      "procMount Unmasked",
      "seccompProfile",
      "appArmorProfile",
      "seLinuxOptions",
      "windowsOptions",
      "capabilities SYS_ADMIN",
      "capabilities cap_net_admin",
      "capabilities all",
    ],
  },
  {
    what: "everything that tightens or changes nothing",
    said: {
      privileged: false,
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 0,
      readOnlyRootFilesystem: false,
      procMount: "Default",
      seccompProfile: { type: "RuntimeDefault" },
      appArmorProfile: { type: "RuntimeDefault" },
      capabilities: { add: ["CHOWN", "CAP_NET_BIND_SERVICE"], drop: ["MKNOD"] },
    },
    yields: [],
  },
  {
    what: "what the class says itself",
    said: { privileged: true, runAsUser: 0, seLinuxOptions: { level: "a", type: "b" }, capabilities: { add: ["ALL"] } },
    ofClass: {
      privileged: true,
      runAsUser: 0,
      seLinuxOptions: { type: "b", level: "a" },
      capabilities: { add: ["ALL"] },
    },
    yields: [],
  },
  { what: "what the class says of the pod", said: { runAsUser: 0 }, ofPod: { runAsUser: 0 }, yields: [] },
  {
    what: "what the class says of the pod and not of the container",
    said: { runAsUser: 0 },
    ofClass: { runAsUser: 7 },
    ofPod: { runAsUser: 0 },
    yields: ["runAsUser 0"],
  },
  {
    what: "what takes the class's word back",
    said: {
      readOnlyRootFilesystem: false,
      runAsGroup: 0,
      runAsNonRoot: false,
      seccompProfile: { type: "RuntimeDefault" },
    },
    ofClass: { readOnlyRootFilesystem: true, runAsGroup: 7, seccompProfile: { type: "Localhost" } },
    ofPod: { runAsNonRoot: true },
    yields: ["readOnlyRootFilesystem false", "runAsGroup 0", "runAsNonRoot false", "seccompProfile"],
  },
  {
    what: "a usual capability that the class drops, and one dropped less",
    said: { capabilities: { add: ["CHOWN", "KILL"], drop: ["MKNOD"] } },
    ofClass: { capabilities: { add: ["KILL"], drop: ["CHOWN", "MKNOD"] } },
    yields: ["capabilities CHOWN", "capabilities"],
  },
  {
    what: "a usual capability where the class drops all, and all dropped in another spelling",
    said: { capabilities: { add: ["CHOWN"], drop: ["all"] } },
    ofClass: { capabilities: { drop: ["ALL"] } },
    yields: ["capabilities CHOWN"],
  },
];

test.for(rows)("$what", ({ said, ofClass, ofPod, yields }) => {
  const [spec, base] = [podOfMain(said), podOfMain(ofClass, ofPod)].map((pod) => trace(pod, origin));
  const problems = checkWidening(spec, { base, file: "class.yaml" });
  expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual(
    yields.map((field) => `unsafe-template ${field} gives container main more than its class does`),
  );
});

test("a container that the class does not have is held to what the class says of the pod", () => {
  const spec = trace({ containers: [{ name: "other", securityContext: { runAsUser: 0 } }] }, origin);
  const yields = [{ runAsUser: 0 }, { runAsUser: 7 }].map((pod) => {
    const base = trace(podOfMain(undefined, pod), origin);
    return checkWidening(spec, { base, file: "class.yaml" }).map(({ message }) => message);
  });
  expect(yields).toEqual([[], ["runAsUser 0 gives container other more than its class does"]]);
});

const classOf = (context: string): readonly string[] =>
  platformWith(
    "ServiceClass",
    `  deploymentTemplate: {template: {spec: {containers: [{name: main, securityContext: ${context}}]}}}
  allowedOverrides: [securityContext]`,
  );
const widened = serviceOf("securityContext: {privileged: true, runAsUser: 0}");

test("a Workload may not take back what its class says, and the Problem is at its field", async () => {
  const { errors, objects } = await renderService(classOf("{runAsNonRoot: true}"), ...widened);
  expect(objects).toEqual([]);
  expect(errors.map((error) => error.replace(/^\d+ /, ""))).toEqual([
    "unsafe-template privileged true gives container main more than its class does",
    "unsafe-template runAsUser 0 gives container main more than its class does",
  ]);
  const line = [...classOf("{runAsNonRoot: true}"), ...widened]
    .join("---\n")
    .split("\n")
    .findIndex((text) => text.includes("privileged"));
  expect(errors.map((error) => Number(error.split(" ")[0]))).toEqual([line + 1, line + 1]);
});

test("a Workload may say what its class says too", async () => {
  const { errors, objects } = await renderService(classOf("{privileged: true, runAsUser: 0}"), ...widened);
  expect(errors).toEqual([]);
  expect(podOf(objects).spec.containers[0]).toMatchObject({ securityContext: { privileged: true, runAsUser: 0 } });
});

test("an environment that may change it may not widen it either, for all planes or for one", async () => {
  const bindingOf = (overrides: string): string =>
    doc(
      "ServiceBinding",
      "cart-dev",
      `${owner("cart")}  environment: dev\n  workloadSpec: {containers: {main: {image: old}}}\n${overrides}`,
    );
  const change = "{containers: {main: {securityContext: {runAsNonRoot: false}}}}";
  for (const overrides of [`  environmentOverrides: ${change}`, `  planeOverrides: {eu: ${change}}`]) {
    const documents = [...serviceOf("securityContext: {runAsUser: 7}"), bindingOf(overrides)];
    const { errors } = await renderService(classOf("{runAsNonRoot: true}"), ...documents);
    expect(errors.map((error) => error.replace(/^\d+ /, ""))).toEqual([
      "unsafe-template runAsNonRoot false gives container main more than its class does",
    ]);
  }
});
