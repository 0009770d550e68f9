import { expect, test } from "vitest";
import { driftOf } from "./tell-drift.ts";

const tell = (kind: string, path: readonly string[], value: unknown): unknown =>
  driftOf({ kind }, [{ path, operation: { op: "replace", path: `/${path.join("/")}`, value }, owners: [] }], true)
    .patch[0]?.value;

test.each<[string, readonly string[], unknown, unknown]>([
  ["Deployment", ["spec", "replicas"], 7, 7],
  ["Secret", ["type"], "Opaque", "***"],
  ["ExternalSecret", ["spec", "refreshInterval"], "1h", "***"],
  ["Widget", ["spec", "apiKey"], "hunter2", "***"],
  ["Widget", ["spec", "dbPassword"], "hunter2", "***"],
  ["Widget", ["spec", "auth", "connectionString"], "hunter2", "***"],
  ["Deployment", ["spec", "containers", "env"], ["hunter2"], "***"],
  ["Widget", ["spec", "url"], "https://user:hunter2@example.test/", expect.not.stringContaining("hunter2")],
  ["Widget", ["spec", "text"], "x".repeat(300), `${"x".repeat(200)}…`],
  ["Widget", ["spec", "parts"], { any: "hunter2" }, "1 fields"],
])("C39 of a %s the field %j is told so that no secret is", (kind, path, value, told) => {
  expect(tell(kind, path, value)).toEqual(told);
});
