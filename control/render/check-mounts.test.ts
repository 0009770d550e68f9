import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { surroundings } from "../specs-fixture.contract.ts";
import { checkMounts } from "./check-mounts.ts";
import { errorsOf, renderService, serviceOf } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const volumes = trace([{ name: "v" }], origin);

test.for([
  { what: "a volume that is there", mount: {}, yields: [] },
  { what: "a volume that is not there", mount: { name: "w" }, yields: ["there is no volume w to mount"] },
  { what: "a part of it, said in one way", mount: { subPath: "a", subPathExpr: "" }, yields: [] },
  { what: "a part of it, said in the other", mount: { subPath: null, subPathExpr: "$(A)" }, yields: [] },
  {
    what: "a part of it, said in two ways",
    mount: { subPath: "a", subPathExpr: "b" },
    yields: ["a mount has subPath and subPathExpr, and may have only one of them"],
  },
  { what: "read-only all the way down", mount: { readOnly: true, recursiveReadOnly: "Enabled" }, yields: [] },
  { what: "not read-only", mount: { recursiveReadOnly: "Disabled", mountPropagation: "HostToContainer" }, yields: [] },
  {
    what: "read-only below what is not",
    mount: { recursiveReadOnly: "IfPossible" },
    yields: ["recursiveReadOnly IfPossible is of a mount that is read-only"],
  },
  {
    what: "read-only below what the node mounts later",
    mount: { readOnly: true, recursiveReadOnly: "Enabled", mountPropagation: "HostToContainer" },
    yields: ["recursiveReadOnly Enabled is of a mount without mountPropagation"],
  },
  {
    what: "what is mounted in it, on the node too",
    mount: { mountPropagation: "Bidirectional" },
    yields: ["only a privileged container mounts Bidirectional, which changes what its node has mounted"],
  },
  {
    what: "the same of a container that may",
    mount: { mountPropagation: "Bidirectional" },
    securityContext: { privileged: true },
    yields: [],
  },
])("$what", ({ mount, securityContext = {}, yields }) => {
  const container = { securityContext, volumeMounts: [{ name: "v", mountPath: "/v", ...mount }] };
  expect(checkMounts(trace(container, origin), volumes).map(({ message }) => message)).toEqual(yields);
});

test.for([
  {
    fields: "subPath: ../x",
    yields: [
      "schema spec.containers.main.volumeMounts.0.subPath: must be a path within the volume, such as data/index, without a slash at its start and without ..",
    ],
  },
  {
    fields: "subPath: a, subPathExpr: b",
    yields: ["invalid-template a mount has subPath and subPathExpr, and may have only one of them"],
  },
  { fields: "subPath: a/..b/.c", yields: [] },
])("a Workload that mounts with $fields is told so", async ({ fields, yields }) => {
  const mount = `volumeMounts: [{name: v, mountPath: "/d:e", ${fields}}]`;
  const documents = serviceOf(mount, "  volumes: {v: {emptyDir: {}}}\n");
  expect(errorsOf(await renderService(surroundings, ...documents))).toEqual(yields);
});
