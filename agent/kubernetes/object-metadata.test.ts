import { expect, test } from "vitest";
import { parseMetadata } from "./object-metadata.ts";

const managed = { manager: "us", operation: "Apply", time: "2026-01-01T00:00:00Z", fieldsV1: { "f:spec": {} } };
const whole = {
  uid: "u",
  resourceVersion: "7",
  generation: 3,
  labels: { a: "b" },
  annotations: { c: "d" },
  deletionTimestamp: "2026-01-01T00:00:00Z",
  finalizers: ["e"],
  ownerReferences: [
    { kind: "Node", name: "n" },
    { kind: "ReplicaSet", name: "r", controller: true },
  ],
  managedFields: [managed],
};

test("what the API server answers is read, and what it left out is empty", () => {
  expect(parseMetadata({ metadata: whole })).toEqual({
    uid: "u",
    resourceVersion: "7",
    generation: 3,
    labels: { a: "b" },
    annotations: { c: "d" },
    deleting: true,
    finalizers: ["e"],
    controller: "ReplicaSet/r",
    managedFields: [{ ...managed, subresource: "" }],
  });
  expect(parseMetadata({ metadata: { uid: "u", labels: null, finalizers: null, managedFields: null } })).toEqual({
    uid: "u",
    resourceVersion: "",
    generation: undefined,
    labels: {},
    annotations: {},
    deleting: false,
    finalizers: [],
    controller: undefined,
    managedFields: [],
  });
});

test.each([
  ["nothing", undefined],
  ["a list", []],
  ["no metadata", {}],
  ["metadata that is a list", { metadata: [] }],
  ["no uid", { metadata: { ...whole, uid: undefined } }],
  ["a version that is a number", { metadata: { ...whole, resourceVersion: 7 } }],
  ["a generation that is a text", { metadata: { ...whole, generation: "3" } }],
  ["a label that is a number", { metadata: { ...whole, labels: { a: 1 } } }],
  ["annotations that are a text", { metadata: { ...whole, annotations: "a" } }],
  ["a finalizer that is a number", { metadata: { ...whole, finalizers: [1] } }],
  ["a deletion at a number", { metadata: { ...whole, deletionTimestamp: 1 } }],
  ["an owner without a name", { metadata: { ...whole, ownerReferences: [{ kind: "Node" }] } }],
  ["a manager that is a number", { metadata: { ...whole, managedFields: [{ ...managed, manager: 1 }] } }],
  ["a time that is a number", { metadata: { ...whole, managedFields: [{ ...managed, time: 1 }] } }],
])("%s is no object", (_, body) => {
  expect(parseMetadata(body)).toBeUndefined();
});
