import { expect, test } from "vitest";
import { collectionPath, objectPath } from "./resource-path.ts";

const pods = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true };
const roles = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
};

test.each([
  { of: "a core object", resource: pods, name: { namespace: "a", name: "b" }, path: "/api/v1/namespaces/a/pods/b" },
  {
    of: "a name with a colon and capitals",
    resource: roles,
    name: { name: "Bench:Role" },
    path: "/apis/rbac.authorization.k8s.io/v1/clusterroles/Bench%3ARole",
  },
  {
    of: "a name with a question",
    resource: roles,
    name: { name: "a?b#c" },
    path: "/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Fb%23c",
  },
])("the path of $of", ({ resource, name, path }) => {
  expect(objectPath(resource, name)).toEqual({ kind: "path", path });
});

test.each([
  { what: "without a namespace", resource: pods, name: { name: "a" } },
  { what: "of a cluster-scoped kind with a namespace", resource: roles, name: { namespace: "a", name: "b" } },
  { what: "named with a slash", resource: pods, name: { namespace: "a", name: "b/log" } },
  { what: "named ..", resource: pods, name: { namespace: "a", name: ".." } },
  { what: "in namespace ..", resource: pods, name: { namespace: "..", name: "a" } },
  { what: "named with half a character", resource: pods, name: { namespace: "a", name: "\uD800" } },
])("there is no path for an object $what", ({ resource, name }) => {
  expect(objectPath(resource, name)).toMatchObject({ kind: "unusable" });
});

test("a kind's objects are found in all namespaces or in one", () => {
  expect(collectionPath(pods)).toBe("/api/v1/pods");
  expect(collectionPath(pods, "a")).toBe("/api/v1/namespaces/a/pods");
});
