import { expect, test } from "vitest";
import { sayEvents } from "./event-reason.ts";

const at = "2026-01-01T00:00:00Z";

test.each([
  {
    message: "Readiness probe failed: HTTP probe failed with statuscode: 503",
    says: "its readiness probe fails: HTTP status 503",
  },
  {
    message:
      'Liveness probe failed: Get "http://10.1.2.3:80/x?token=hunter2": dial tcp 10.1.2.3:80: connect: connection refused',
    says: "its liveness probe fails: connection refused",
  },
  {
    message: 'Startup probe failed: Get "http://10.1.2.3:80/": context deadline exceeded (Client.Timeout exceeded)',
    says: "its startup probe fails: no answer in time",
  },
  { message: "Readiness probe failed: could not log in with hunter2", says: "its readiness probe fails" },
  { message: "Readiness probe errored: rpc error", says: "its readiness probe fails" },
  { message: "hunter2", says: undefined },
])("C39 of $message only how the probe failed is said", ({ message, says }) => {
  expect(sayEvents([{ reason: "Unhealthy", message, at }])).toBe(says);
});

test("what a controller warns of is said, cut; the newest that explains anything", () => {
  const events = [
    { reason: "BackOff", message: "Back-off restarting failed container", at },
    { reason: "FailedMount", message: `MountVolume.SetUp failed: ${"x".repeat(1000)}`, at },
    { reason: "FailedCreate", message: "older", at },
  ];
  const said = sayEvents(events);
  expect(said?.startsWith("FailedMount: MountVolume.SetUp failed: xxx")).toBe(true);
  expect(said?.length).toBeLessThan(330);
  expect(sayEvents(events.slice(0, 1))).toBeUndefined();
});
