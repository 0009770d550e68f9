import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { checkPodSpec, type PodOwner } from "./check-pod-spec.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const one = (fields: object) => ({ containers: [{ name: "main", ...fields }] });
const exec = { command: ["x"] };

type Row = {
  readonly what: string;
  readonly owner?: PodOwner;
  readonly spec: object;
  readonly yields: readonly string[];
};

const rows: readonly Row[] = [
  { what: "nothing", spec: {}, yields: [] },
  {
    what: "a Deployment's pods that end",
    spec: { restartPolicy: "Never" },
    yields: ["pods of a Deployment restart Always, not Never"],
  },
  { what: "a Deployment's pods that stay", spec: { restartPolicy: "Always" }, yields: [] },
  {
    what: "a task's pods that never end",
    owner: "CronJobSpec",
    spec: { restartPolicy: "Always" },
    yields: ["pods of a CronJob restart OnFailure or Never, not Always"],
  },
  {
    what: "one name of two kinds of containers",
    spec: { initContainers: [{ name: "a" }], containers: [{ name: "b" }, { name: "a" }] },
    yields: ["an init container is called a too"],
  },
  {
    what: "a mount of no volume",
    spec: {
      containers: [
        {
          name: "a",
          volumeMounts: [
            { name: "x", mountPath: "/x" },
            { name: "y", mountPath: "/y" },
          ],
        },
      ],
      volumes: [{ name: "y" }],
    },
    yields: ["there is no volume x to mount"],
  },
  {
    what: "a deadline of pods that stay",
    spec: { activeDeadlineSeconds: 60 },
    yields: ["pods of a Deployment have no activeDeadlineSeconds: they stay"],
  },
  { what: "a deadline of pods that end", owner: "CronJobSpec", spec: { activeDeadlineSeconds: 60 }, yields: [] },
  {
    what: "init containers that end, with what is of those that go on",
    spec: {
      initContainers: [
        {
          name: "a",
          restartPolicy: "OnFailure",
          lifecycle: {},
          livenessProbe: { exec },
          readinessProbe: { exec },
          startupProbe: { exec },
        },
        { name: "b", restartPolicy: "Always", livenessProbe: { exec } },
        { name: "c", livenessProbe: null },
      ],
      containers: [{ name: "d", livenessProbe: { exec } }],
    },
    yields: ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"].map(
      (field) => `an init container that ends has no ${field}`,
    ),
  },
  {
    what: "no name server at all",
    spec: { dnsPolicy: "None", dnsConfig: { nameservers: [] } },
    yields: ["dnsPolicy None leaves pods without a name server, and dnsConfig names none"],
  },
  {
    what: "a name server of its own",
    spec: { dnsPolicy: "None", dnsConfig: { nameservers: ["10.0.0.1"] } },
    yields: [],
  },
  { what: "the cluster's name server", spec: { dnsPolicy: "ClusterFirst" }, yields: [] },
  {
    what: "a sysctl twice",
    spec: { securityContext: { sysctls: [{ name: "net.a" }, { name: "net.b" }, { name: "net.a" }] } },
    yields: ["sysctl net.a is set twice"],
  },
  {
    what: "a volume with two sources, beside one with none and one with a blank",
    spec: {
      volumes: [
        { name: "a", emptyDir: {}, configMap: { name: "b" } },
        { name: "b" },
        { name: "c", emptyDir: {}, secret: null },
      ],
    },
    yields: ["volume a has emptyDir and configMap, and may have only one of them"],
  },
  {
    what: "probes that do nothing, and one that does two things",
    spec: one({ livenessProbe: {}, readinessProbe: { exec: null }, startupProbe: { exec, grpc: { port: 1 } } }),
    yields: [
      "livenessProbe has none of what it may have",
      "readinessProbe has none of what it may have",
      "startupProbe has exec and grpc, and may have only one of them",
    ],
  },
  {
    what: "probes with fields that only others may have",
    spec: one({
      livenessProbe: { exec, successThreshold: 2, terminationGracePeriodSeconds: 1 },
      readinessProbe: { exec, successThreshold: 2, terminationGracePeriodSeconds: 1 },
      startupProbe: { exec, successThreshold: 1 },
    }),
    yields: [
      "one success is enough for a livenessProbe, and Kubernetes takes no other number",
      "a readinessProbe ends no container, so it has no grace period",
    ],
  },
  {
    what: "probes and hooks that ask another host than the pod",
    spec: one({
      livenessProbe: { httpGet: { port: 80, host: "169.254.169.254" } },
      readinessProbe: { tcpSocket: { port: 80, host: "db.other" } },
      startupProbe: { httpGet: { port: 80, host: "127.0.0.1" } },
      lifecycle: {
        postStart: { httpGet: { port: 80, host: "a" } },
        preStop: { tcpSocket: { port: 80, host: "b" } },
      },
    }),
    yields: [
      "livenessProbe asks 169.254.169.254 from the node, past every policy of the cell",
      "readinessProbe asks db.other from the node, past every policy of the cell",
      "startupProbe asks 127.0.0.1 from the node, past every policy of the cell",
      "postStart asks a from the node, past every policy of the cell",
      "preStop asks b from the node, past every policy of the cell",
    ],
  },
  {
    what: "probes and hooks that ask the pod, in another's name too",
    spec: one({
      livenessProbe: { httpGet: { port: 80, host: "", httpHeaders: [{ name: "Host", value: "a" }] } },
      lifecycle: { preStop: { httpGet: { port: 80, host: null } } },
    }),
    yields: [],
  },
  {
    what: "a hook that does nothing, and one that sleeps too long",
    spec: one({ lifecycle: { postStart: {}, preStop: { sleep: { seconds: 31 } } } }),
    yields: ["postStart has none of what it may have", "preStop sleeps 31 seconds, and the pod ends within 30"],
  },
  {
    what: "a hook that sleeps as long as the pod may",
    spec: { terminationGracePeriodSeconds: 60, ...one({ lifecycle: { preStop: { sleep: { seconds: 60 } } } }) },
    yields: [],
  },
  {
    what: "ports of one name in one container",
    spec: one({ ports: [{ name: "a", containerPort: 1 }, { containerPort: 2 }, { name: "a", containerPort: 3 }] }),
    yields: ["two ports of the container are called a"],
  },
  {
    what: "variables with more than one source",
    spec: one({
      env: [
        { name: "A", value: "a", valueFrom: { fieldRef: {} } },
        { name: "B", value: "", valueFrom: { fieldRef: {} } },
        { name: "C", valueFrom: {} },
        { name: "D", valueFrom: { fieldRef: {}, secretKeyRef: {} } },
      ],
    }),
    yields: [
      "A has a value and a valueFrom, and may have only one of them",
      "valueFrom of C has none of what it may have",
      "valueFrom of D has fieldRef and secretKeyRef, and may have only one of them",
    ],
  },
  {
    what: "requests beyond limits",
    spec: one({ resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } }),
    yields: ["more cpu is requested than the limit allows"],
  },
];

test.for(rows)("$what", ({ owner = "DeploymentSpec", spec, yields }) => {
  const problems = checkPodSpec(trace(spec, origin), { owner, file: "class.yaml" });
  expect(problems.map(({ message }) => message)).toEqual(yields);
});
