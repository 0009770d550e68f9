/** Texts and lists of templates that an API server refuses; the numbers are held against a real one. */
import { expect, test } from "vitest";
import { kubernetesTemplate } from "./template.ts";

test.for([
  { type: "HostAlias", right: { ip: "10.0.0.1" }, wrong: { ip: "10.0.0.01" } },
  { type: "HostAlias", right: { ip: "2001:db8::1" }, wrong: { ip: "::ffff:10.0.0.1" } },
  { type: "PodReadinessGate", right: { conditionType: "a.example/Ready" }, wrong: { conditionType: "a b" } },
  { type: "NodeSelector", right: { nodeSelectorTerms: [{}] }, wrong: { nodeSelectorTerms: [] } },
  {
    type: "VolumeMount",
    right: { name: "a", mountPath: "/a", subPath: "b" },
    wrong: { name: "a", mountPath: "/a", subPath: "../b" },
  },
  {
    type: "VolumeMount",
    right: { name: "a", mountPath: "/a:b", subPathExpr: "$(B)" },
    wrong: { name: "a", mountPath: "/a:b", subPathExpr: "/$(B)" },
  },
  {
    type: "VolumeMount",
    right: { name: "a", mountPath: "/a", recursiveReadOnly: "Disabled" },
    wrong: { name: "a", mountPath: "/a", recursiveReadOnly: "Never" },
  },
])("a $type may be $right and not $wrong", ({ type, right, wrong }) => {
  const found = [right, wrong].map((value) => kubernetesTemplate(type).safeParse(value).success);
  expect(found).toEqual([true, false]);
});
