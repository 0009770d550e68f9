import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { checkPodSpec, type PodOwner } from "./check-pod-spec.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const limits = (requests: object, limit: object) => ({
  containers: [{ name: "main", resources: { requests, limits: limit } }],
});

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
    what: "requests beyond limits, in units that differ",
    spec: limits(
      { cpu: "1500m", memory: "1Gi", "ephemeral-storage": "1e3" },
      { cpu: 1, memory: "1000Mi", "ephemeral-storage": "1k" },
    ),
    yields: ["more cpu is requested than the limit allows", "more memory is requested than the limit allows"],
  },
  {
    what: "requests without limits and at them",
    spec: limits({ cpu: 1, memory: "1Gi" }, { memory: "1024Mi" }),
    yields: [],
  },
];

test.for(rows)("$what", ({ owner = "DeploymentSpec", spec, yields }) => {
  const problems = checkPodSpec(trace(spec, origin), { owner, file: "class.yaml" });
  expect(problems.map(({ message }) => message)).toEqual(yields);
});
