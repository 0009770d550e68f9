import { expect, test } from "vitest";
import { type Behind, behindText, type Progress, whyBehind } from "./behind.ts";
import { receiptFacts } from "./receipt-facts.ts";

const blob = "a".repeat(40);
const older = "b".repeat(40);
const lastSeen = "2026-01-02T03:04:05Z";

const applied: Progress = {
  unrendered: undefined,
  isPublished: true,
  blob,
  receipt: { release: blob, result: "configured", health: "Healthy" },
  plane: { sequence: 4, agent: { sequence: 4, lastSeen } },
  isCell: false,
};
const slow = { sequence: 5, agent: { sequence: 3, lastSeen } };
const old = { release: older, result: "configured", health: "Healthy" } as const;

test.for<[string, Partial<Progress>, Behind | undefined, string | undefined]>([
  ["applied and healthy", {}, undefined, undefined],
  ["suspended, as somebody meant", { receipt: { ...applied.receipt!, health: "Suspended" } }, undefined, undefined],
  [
    "changed by somebody, and left so",
    { receipt: { ...applied.receipt!, drift: "Service/web: kubectl-edit took /spec/ports/0 away" } },
    { why: "drifted", reason: "Service/web: kubectl-edit took /spec/ports/0 away" },
    "drifted: Service/web: kubectl-edit took /spec/ports/0 away",
  ],
  [
    "changed by somebody, and worse off",
    { receipt: { ...applied.receipt!, health: "Degraded", cause: "it is down", drift: "x" } },
    { why: "unhealthy", reason: "it is down" },
    "unhealthy: it is down",
  ],
  [
    "a Problem in the specs, whatever runs",
    {
      unrendered: {
        reason: "it cannot be rendered: unknown-class in a.yaml:3",
        problem: { code: "unknown-class", file: "a.yaml", line: 3 },
      },
    },
    {
      why: "not-rendered",
      reason: "it cannot be rendered: unknown-class in a.yaml:3",
      problem: { code: "unknown-class", file: "a.yaml", line: 3 },
    },
    "not rendered: unknown-class in a.yaml:3",
  ],
  [
    "no Problem of its own",
    { unrendered: { reason: "auto-deploy is off" } },
    { why: "not-rendered", reason: "auto-deploy is off" },
    "not rendered: auto-deploy is off",
  ],
  [
    "rendered here and not in the branch",
    { isPublished: false },
    { why: "waiting", for: "the control plane to publish it" },
    "waiting for the control plane to publish it",
  ],
  [
    "an agent that is behind",
    { receipt: old, plane: slow },
    { why: "not-fetched", applied: 3, of: 5, lastSeen },
    "not fetched: the agent applied #3 of #5, last seen 2026-01-02T03:04:05Z",
  ],
  ["an agent that is behind with others only", { plane: slow }, undefined, undefined],
  [
    "an agent that refuses",
    { receipt: old, plane: { ...slow, agent: { ...slow.agent, refused: "a fork" } } },
    { why: "not-fetched", applied: 3, of: 5, lastSeen, refused: "a fork" },
    "not fetched: the agent refused #5 after #3, last seen 2026-01-02T03:04:05Z: a fork",
  ],
  [
    "no agent at all",
    { receipt: undefined, plane: { sequence: 5, agent: undefined } },
    { why: "not-fetched", applied: 0, of: 5 },
    "not fetched: no agent has reported yet",
  ],
  [
    "held",
    { receipt: { release: blob, result: "held", health: "Healthy", cause: "Namespace/a: needs approval" } },
    { why: "held", reason: "Namespace/a: needs approval" },
    "held: Namespace/a: needs approval",
  ],
  [
    "held after it left the branch, with newer commits waiting",
    { blob: undefined, receipt: { ...old, result: "held", cause: "a person must look" }, plane: slow },
    { why: "held", reason: "a person must look" },
    "held: a person must look",
  ],
  ["removed and not gone yet", { blob: undefined, receipt: old }, { why: "applying" }, "applying"],
  ["fetched and not reported yet", { receipt: old }, { why: "applying" }, "applying"],
  [
    "failed",
    { receipt: { release: blob, result: "failed", health: "Missing", cause: "Deployment/a: forbidden" } },
    { why: "unhealthy", reason: "Deployment/a: forbidden" },
    "unhealthy: Deployment/a: forbidden",
  ],
  [
    "failed for another version, with a newer one waiting",
    { receipt: { ...old, result: "failed", cause: "forbidden" }, plane: slow },
    { why: "not-fetched", applied: 3, of: 5, lastSeen },
    "not fetched: the agent applied #3 of #5, last seen 2026-01-02T03:04:05Z",
  ],
  [
    "degraded",
    { receipt: { release: blob, result: "created", health: "Degraded", cause: "Deployment/a: 0 of 2" } },
    { why: "unhealthy", reason: "Deployment/a: 0 of 2" },
    "unhealthy: Deployment/a: 0 of 2",
  ],
  [
    "rolling out",
    { receipt: { release: blob, result: "created", health: "Progressing", cause: "Deployment/a: 1 of 2" } },
    { why: "waiting", for: "Deployment/a: 1 of 2" },
    "waiting for Deployment/a: 1 of 2",
  ],
  [
    "rolling out, and nobody says what",
    { receipt: { release: blob, result: "created", health: "Progressing" } },
    { why: "applying" },
    "applying",
  ],
  [
    "no word from a controller",
    { receipt: { release: blob, result: "created", health: "Unknown" } },
    { why: "waiting", for: "a controller to report on it" },
    "waiting for a controller to report on it",
  ],
  [
    "a Cell, which no controller reports on",
    { receipt: { release: blob, result: "created", health: "Unknown" }, isCell: true },
    undefined,
    undefined,
  ],
])("of %s it tells why", ([, change, why, text]) => {
  const behind = whyBehind({ ...applied, ...change });
  expect(behind).toEqual(why);
  expect(behind === undefined ? undefined : behindText(behind)).toBe(text);
});

test("the cause of ill health is the object that has it", () => {
  const object = (id: string, health: "Healthy" | "Degraded", reason?: string) => ({
    id,
    result: "created" as const,
    health,
    ...(reason === undefined ? {} : { reason }),
  });
  const receipt = {
    release: blob,
    result: "created" as const,
    health: "Degraded" as const,
    objects: [
      object("Service/ns/a", "Healthy", "fine"),
      object("apps/Deployment/ns/a", "Degraded", "0 of 2 are ready"),
    ],
  };
  expect(receiptFacts(receipt).cause).toBe("Deployment/a: 0 of 2 are ready");
  expect(receiptFacts({ ...receipt, result: "failed", reason: "as the agent says" }).cause).toBe("as the agent says");
  expect(receiptFacts({ ...receipt, objects: [object("apps/Deployment/ns/a", "Degraded")] }).cause).toBe(
    "Deployment/a is Degraded",
  );
});

test("of a receipt's drifts, only what was not put right is told", () => {
  const object = { id: "Service/dev/web", result: "unchanged", health: "Healthy" } as const;
  const patch = [
    { op: "replace", path: "/spec/replicas", value: 7 },
    { op: "remove", path: "/spec/paused" },
  ] as const;
  const drift = { patch: [...patch], by: [{ manager: "kubectl-edit" }], healed: false };
  const receipt = { release: blob, result: "unchanged", health: "Healthy", objects: [{ ...object, drift }] } as const;
  expect(receiptFacts({ ...receipt, objects: [...receipt.objects] }).drift).toBe(
    "Service/web: kubectl-edit changed /spec/replicas to 7, took /spec/paused away",
  );
  expect(
    receiptFacts({ ...receipt, objects: [{ ...object, drift: { ...drift, healed: true } }] }).drift,
  ).toBeUndefined();
  const gone = { patch: [{ op: "remove" as const, path: "" }], by: [], healed: false };
  expect(receiptFacts({ ...receipt, objects: [{ ...object, drift: gone }] }).drift).toBe(
    "Service/web: somebody deleted it",
  );
});
