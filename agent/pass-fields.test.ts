import { expect, test } from "vitest";
import type { ManagedFields } from "./managed-fields.ts";
import { heirOf, passFields } from "./pass-fields.ts";

const heir = "gitplane.data.acme.west";

function entry(manager: string, fieldsV1: unknown, rest: Partial<ManagedFields> = {}): ManagedFields {
  return { manager, operation: "Apply", subresource: "", apiVersion: "v1", fieldsV1, ...rest };
}

test.each([
  { manager: "gitplane.data.acme.east", becomes: heir },
  { manager: "gitplane.data.acme.east.keeper", becomes: `${heir}.keeper` },
  { manager: "gitplane.data.acme.keeper", becomes: heir },
  { manager: heir, becomes: heir },
  { manager: `${heir}.keeper`, becomes: `${heir}.keeper` },
  { manager: "kube-controller-manager", becomes: "kube-controller-manager" },
  { manager: "gitplaner", becomes: "gitplaner" },
])("what $manager owns is $becomes's", ({ manager, becomes }) => {
  expect(heirOf(manager, heir)).toBe(becomes);
});

test("passes what a plane owns in either name, and nobody else's", () => {
  const theirs = entry("kube-controller-manager", { "f:status": {} }, { operation: "Update", subresource: "status" });
  const managed = [
    entry("gitplane.data.acme.east", { "f:data": { "f:a": {} } }),
    entry("gitplane.data.acme.east.keeper", { "f:spec": { "f:replicas": {} } }),
    theirs,
  ];
  expect(passFields(managed, heir)).toEqual([
    entry(heir, { "f:data": { "f:a": {} } }),
    entry(`${heir}.keeper`, { "f:spec": { "f:replicas": {} } }),
    theirs,
  ]);
});

test("unites what passes with what the heir has already", () => {
  const managed = [
    entry("gitplane.data.acme.east", { "f:data": { ".": {}, "f:a": {} }, "f:metadata": { "f:labels": {} } }),
    entry(heir, { "f:data": { "f:b": {} } }),
  ];
  expect(passFields(managed, heir)).toEqual([
    entry(heir, { "f:data": { ".": {}, "f:a": {}, "f:b": {} }, "f:metadata": { "f:labels": {} } }),
  ]);
});

test("keeps what was applied apart from what was updated", () => {
  const updated = entry("gitplane.data.acme.east", { "f:data": { "f:b": {} } }, { operation: "Update" });
  expect(passFields([entry("gitplane.data.acme.east", {}), updated], heir)).toEqual([
    entry(heir, {}),
    { ...updated, manager: heir },
  ]);
});

test("says when nothing is left to pass", () => {
  expect(passFields([entry(heir, {}), entry("kubectl", {})], heir)).toBeUndefined();
  expect(passFields([], heir)).toBeUndefined();
});
