import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { checkRollout } from "./check-rollout.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const noReplacing = "neither may a pod be missing nor one more be there, so none could be replaced";
const rolling = (rollingUpdate: object) => ({ strategy: { rollingUpdate } });

test.for([
  { what: "nothing", spec: {}, yields: [] },
  { what: "pods recreated", spec: { strategy: { type: "Recreate", rollingUpdate: null } }, yields: [] },
  {
    what: "pods recreated and rolled",
    spec: { strategy: { type: "Recreate", rollingUpdate: {} } },
    yields: ["pods are recreated, and so there is no rollingUpdate"],
  },
  { what: "no pod more and none less", spec: rolling({ maxSurge: "0%", maxUnavailable: 0 }), yields: [noReplacing] },
  { what: "no pod more and one less", spec: rolling({ maxSurge: 0, maxUnavailable: "1%" }), yields: [] },
  { what: "no pod more, and Kubernetes' own of less", spec: rolling({ maxSurge: 0 }), yields: [] },
  {
    what: "a deadline before a pod is ready",
    spec: { minReadySeconds: 5, progressDeadlineSeconds: 5 },
    yields: ["a rollout fails after 5 seconds, and a pod counts as ready after 5"],
  },
  {
    what: "pods that are ready after Kubernetes' own deadline",
    spec: { minReadySeconds: 600 },
    yields: ["a rollout fails after 600 seconds, and a pod counts as ready after 600"],
  },
])("$what", ({ spec, yields }) => {
  expect(checkRollout(trace(spec, origin), "class.yaml").map(({ message }) => message)).toEqual(yields);
});
