import { expect, test } from "vitest";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { ownersOfPod } from "./owner-of-pod.ts";
import { findPodTrouble } from "./pod-trouble.ts";

function pod(status: unknown, metadata: object = {}): KubernetesObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "web-1", namespace: "dev", ...metadata }, status };
}

function container(more: object): object {
  return { name: "main", image: "registry.example/web:1", ready: false, restartCount: 0, ...more };
}

const secret = "password=hunter2";
const ended = (more: object = {}) => ({ terminated: { exitCode: 1, reason: "Error", message: secret, ...more } });
const waiting = (reason: string, message = "") => ({ waiting: { reason, message } });

test.each([
  {
    what: "a crash loop, with exit code and restarts",
    status: {
      containerStatuses: [container({ restartCount: 3, state: waiting("CrashLoopBackOff"), lastState: ended() })],
    },
    health: "Degraded",
    reason: "container main is in CrashLoopBackOff: exit code 1 (Error), restarted 3 times",
  },
  {
    what: "a container that is short of memory",
    status: {
      containerStatuses: [
        container({
          restartCount: 12,
          state: waiting("CrashLoopBackOff"),
          lastState: ended({ exitCode: 137, reason: "OOMKilled" }),
        }),
      ],
    },
    health: "Degraded",
    reason: "container main is in CrashLoopBackOff: exit code 137 (OOMKilled), restarted at least 10 times",
  },
  {
    what: "a container that runs between two crashes",
    status: { containerStatuses: [container({ restartCount: 2, state: { running: {} }, lastState: ended() })] },
    health: "Degraded",
    reason: "container main is in CrashLoopBackOff: exit code 1 (Error), restarted 2 times",
  },
  {
    what: "a first crash, which may have been for a database that was not there yet",
    status: { containerStatuses: [container({ restartCount: 1, state: { running: {} }, lastState: ended() })] },
    health: "Progressing",
    reason: "container main crashed: exit code 1 (Error), restarted 1 time",
  },
  {
    what: "an image that is not there",
    status: { containerStatuses: [container({ state: waiting("ErrImagePull", "not found") })] },
    health: "Degraded",
    reason: "container main: image registry.example/web:1 cannot be had (ImagePullBackOff)",
  },
  {
    what: "configuration that is not there",
    status: {
      containerStatuses: [container({ state: waiting("CreateContainerConfigError", 'secret "db" not found') })],
    },
    health: "Degraded",
    reason: 'container main: CreateContainerConfigError: secret "db" not found',
  },
  {
    what: "an init container that crashes",
    status: {
      initContainerStatuses: [
        container({ name: "migrate", restartCount: 5, state: waiting("CrashLoopBackOff"), lastState: ended() }),
      ],
      containerStatuses: [container({ state: waiting("PodInitializing") })],
    },
    health: "Degraded",
    reason: "container migrate is in CrashLoopBackOff: exit code 1 (Error), restarted 5 times",
  },
  {
    what: "a pod without a node",
    status: {
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "3 Insufficient cpu." }],
    },
    health: "Progressing",
    reason: "cannot be scheduled: 3 Insufficient cpu.",
  },
  {
    what: "an eviction",
    status: { phase: "Failed", reason: "Evicted" },
    health: "Degraded",
    reason: "has failed (Evicted)",
  },
])("says $what", ({ status, health, reason }) => {
  expect(findPodTrouble(pod(status))).toEqual({ health, reason });
});

test.each([
  { what: "is on its way", status: { containerStatuses: [container({ state: waiting("ContainerCreating") })] } },
  { what: "runs and is not ready", status: { containerStatuses: [container({ state: { running: {} } })] } },
  {
    what: "is ready again",
    status: { containerStatuses: [container({ ready: true, restartCount: 9, lastState: ended() })] },
  },
  {
    what: "is done",
    status: { phase: "Succeeded", containerStatuses: [container({ state: ended({ exitCode: 0 }) })] },
  },
  { what: "has no status", status: undefined },
])("has nothing to say of one that $what", ({ status }) => {
  expect(findPodTrouble(pod(status))).toBeUndefined();
});

test("C41 never repeats a container's own last words, and cuts what is long", () => {
  const long = "x".repeat(5000);
  for (const status of [
    { containerStatuses: [container({ restartCount: 3, state: waiting("CrashLoopBackOff"), lastState: ended() })] },
    { containerStatuses: [container({ state: ended() })] },
    { containerStatuses: [container({ state: waiting("CreateContainerError", long) })] },
    { containerStatuses: [container({ state: waiting("PostStartHookError", `it printed ${secret}`) })] },
    { containerStatuses: [container({ state: waiting("SomethingNew", secret) })] },
    { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: long }] },
  ]) {
    const { reason = "" } = findPodTrouble(pod(status)) ?? {};
    expect(reason).not.toContain(secret);
    expect(reason.length).toBeGreaterThan(10);
    expect(reason.length).toBeLessThan(400);
  }
});

function ownedBy(apiVersion: string, kind: string, name: string): object {
  const other = { apiVersion: "v1", kind: "Other", name: "x" };
  return { ownerReferences: [other, { apiVersion, kind, name, controller: true }] };
}

test.each([
  {
    of: "a Deployment",
    metadata: { ...ownedBy("apps/v1", "ReplicaSet", "web-6d4cf56db6"), labels: { "pod-template-hash": "6d4cf56db6" } },
    owners: ["apps/Deployment/dev/web", "apps/ReplicaSet/dev/web-6d4cf56db6"],
  },
  { of: "a ReplicaSet", metadata: ownedBy("apps/v1", "ReplicaSet", "web"), owners: ["apps/ReplicaSet/dev/web"] },
  { of: "a StatefulSet", metadata: ownedBy("apps/v1", "StatefulSet", "db"), owners: ["apps/StatefulSet/dev/db"] },
  { of: "a Job", metadata: ownedBy("batch/v1", "Job", "migrate"), owners: ["batch/Job/dev/migrate"] },
  { of: "nobody", metadata: {}, owners: [] },
])("a pod of $of is known without asking", ({ metadata, owners }) => {
  expect(ownersOfPod(pod({}, metadata))).toEqual(owners);
});
