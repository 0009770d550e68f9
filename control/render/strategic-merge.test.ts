import { expect, test } from "vitest";
import { findDuplicates } from "./keyed-lists.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { toPlain, trace } from "../load/traced.ts";

const base = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const over = { kind: "field", file: "workload.yaml", line: 1, column: 1 } as const;

function merge(one: unknown, two: unknown, type = "Container"): unknown {
  return toPlain(strategicMerge(one === undefined ? undefined : trace(one, base), trace(two, over), { type }));
}

const merges: readonly { case: string; type?: string; one: unknown; two: unknown; yields: unknown }[] = [
  {
    case: "maps by key, the overlay winning",
    one: { a: 1, b: { c: 1, d: 2 } },
    two: { b: { c: 3 } },
    yields: { a: 1, b: { c: 3, d: 2 } },
  },
  {
    case: "a field without a value as nothing",
    one: { a: 1, b: { c: 1 } },
    two: { a: null, b: null },
    yields: { a: 1, b: { c: 1 } },
  },
  {
    case: "a value in place of where it came from",
    one: { env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] },
    two: { env: [{ name: "A", value: "1" }] },
    yields: { env: [{ name: "A", value: "1" }] },
  },
  { case: "nothing and something", one: undefined, two: { a: 1 }, yields: { a: 1 } },
  { case: "lists without keys as a whole", one: { args: ["a", "b"] }, two: { args: ["c"] }, yields: { args: ["c"] } },
  {
    case: "containers by name, the base's first",
    type: "PodSpec",
    one: {
      containers: [
        { name: "main", cpu: 1 },
        { name: "side", image: "s" },
      ],
    },
    two: {
      containers: [
        { name: "extra", image: "e" },
        { name: "main", image: "m" },
      ],
    },
    yields: {
      containers: [
        { name: "main", cpu: 1, image: "m" },
        { name: "side", image: "s" },
        { name: "extra", image: "e" },
      ],
    },
  },
  {
    case: "variables by name",
    one: {
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
    },
    two: {
      env: [
        { name: "B", value: "3" },
        { name: "C", value: "4" },
      ],
    },
    yields: {
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "3" },
        { name: "C", value: "4" },
      ],
    },
  },
  {
    case: "ports by number and protocol, TCP when none is said",
    one: {
      ports: [
        { containerPort: 53, protocol: "UDP", hostPort: 1 },
        { containerPort: 80, hostPort: 2 },
      ],
    },
    two: {
      ports: [
        { containerPort: 53, protocol: "TCP" },
        { containerPort: 80, protocol: "TCP", name: "web" },
      ],
    },
    yields: {
      ports: [
        { containerPort: 53, protocol: "UDP", hostPort: 1 },
        { containerPort: 80, protocol: "TCP", hostPort: 2, name: "web" },
        { containerPort: 53, protocol: "TCP" },
      ],
    },
  },
  {
    case: "mounts by path",
    one: { volumeMounts: [{ mountPath: "/a", name: "x" }] },
    two: { volumeMounts: [{ mountPath: "/a", readOnly: true }] },
    yields: { volumeMounts: [{ mountPath: "/a", name: "x", readOnly: true }] },
  },
  {
    case: "items without their key side by side",
    one: { env: [{ value: "1" }] },
    two: { env: [{ value: "2" }] },
    yields: { env: [{ value: "1" }, { value: "2" }] },
  },
  { case: "another kind of value by replacing it", one: { a: [1] }, two: { a: { b: 1 } }, yields: { a: { b: 1 } } },
  {
    case: "fields called like JavaScript's own",
    one: { constructor: [1], toString: 1 },
    two: { constructor: [2] },
    yields: { constructor: [2], toString: 1 },
  },
];

test.for(merges)("merges $case", ({ type, one, two, yields }) => {
  expect(merge(one, two, type)).toEqual(yields);
});

test("a Service's ports merge by their own number", () => {
  expect(
    merge({ ports: [{ port: 80, appProtocol: "h2c" }] }, { ports: [{ port: 80, targetPort: 8080 }] }, "ServiceSpec"),
  ).toEqual({ ports: [{ port: 80, appProtocol: "h2c", targetPort: 8080 }] });
});

test.for([
  {
    case: "a name",
    type: "PodSpec",
    tree: { containers: [{ name: "a" }, { name: "b" }, { name: "a" }] },
    yields: ["containers a"],
  },
  {
    case: "a port of one protocol",
    type: "Container",
    tree: {
      ports: [{ containerPort: 1 }, { containerPort: 1, protocol: "UDP" }, { containerPort: 1, protocol: "TCP" }],
    },
    yields: ["ports 1 TCP"],
  },
  {
    case: "variables deep inside",
    type: "PodTemplateSpec",
    tree: { spec: { containers: [{ name: "a", env: [{ name: "X" }, { name: "X" }, { name: "X" }] }] } },
    yields: ["env X", "env X"],
  },
  {
    case: "an item of a list that only the table of types knows",
    type: "PodSpec",
    tree: { schedulingGates: [{ name: "a" }, { name: "a" }] },
    yields: ["schedulingGates a"],
  },
  {
    case: "nothing where there is no key",
    type: "Container",
    tree: { env: [{ value: 1 }, { value: 1 }], args: ["a", "a"] },
    yields: [],
  },
])("finds $case twice", ({ type, tree, yields }) => {
  expect(findDuplicates(trace(tree, base), { type }).map(({ field, key }) => `${field} ${key}`)).toEqual(yields);
});
