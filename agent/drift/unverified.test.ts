import { expect, test } from "vitest";
import type { ManagedFields } from "../managed-fields.ts";
import { Unverified } from "./unverified.ts";

const fields = (print: string): readonly ManagedFields[] => [
  { manager: "us", operation: "Apply", subresource: "", fieldsV1: { [`f:${print}`]: {} } },
];
const object = (id: string, print: string) => ({ id, uid: id, print, leftOut: [], applied: fields(print) });

test("objects that come kind by kind are given back Release by Release, and once", () => {
  const unverified = new Unverified();
  for (const kind of ["Service", "ConfigMap"]) {
    for (const path of ["a", "b"]) unverified.add(path, object(`${kind}/${path}`, kind));
  }
  expect([...unverified.take()]).toEqual([
    ["a", [object("Service/a", "Service"), object("ConfigMap/a", "ConfigMap")]],
    ["b", [object("Service/b", "Service"), object("ConfigMap/b", "ConfigMap")]],
  ]);
  expect([...unverified.take()]).toEqual([]);
});

test("objects that are alike share what is kept of them, and others fill it up", () => {
  const unverified = new Unverified();
  for (let at = 0; at < 5000; at += 1) unverified.add("a", object(`alike-${at}`, "same"));
  const [first, second] = unverified.take().get("a") ?? [];
  expect(first?.applied).toBe(second?.applied);
  for (let at = 0; at < 999; at += 1) unverified.add("a", object(`unlike-${at}`, `print-${at}`));
  expect(unverified.isFull).toBe(false);
  unverified.add("a", object("last", "print-last"));
  expect(unverified.isFull).toBe(true);
  unverified.take();
  expect(unverified.isFull).toBe(false);
});
