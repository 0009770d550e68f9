import { describe, expect, test } from "vitest";
import { Ceiling, defaultCeiling } from "../schemas/ceiling.ts";
import { cellNamespace } from "../schemas/names.ts";
import { describeBeyond } from "./ceiling.ts";
import { rbacManifests } from "./rbac.ts";

const plane = { kind: "data", organization: "acme", name: "east" } as const;
const key = (id: string) => {
  const [kind = "", namespace = "", name = ""] = id.split(" ");
  const slash = kind.lastIndexOf("/");
  return {
    group: slash < 0 ? "" : kind.slice(0, slash),
    version: "v1",
    kind: kind.slice(slash + 1),
    ...(namespace === "-" ? {} : { namespace }),
    name,
  };
};
const ceiling: Ceiling = {
  format: 1,
  namespaces: ["dp-acme-*", "shared", "a*b*c"],
  kinds: ["ConfigMap", "apps/*", "example.test/Person=people"],
  clusterKinds: ["Namespace"],
};

describe("an agent's ceiling", () => {
  test.each([
    ["ConfigMap shared a", true],
    ["apps/Deployment dp-acme-shop a", true],
    ["example.test/Person dp-acme- a", true],
    ["Namespace - dp-acme-shop", true],
    ["ConfigMap axbyc a", true],
    ["ConfigMap abc a", true],
    ["ConfigMap abcx a", false],
    ["ConfigMap ac a", false],
    ["Secret shared a", false],
    ["apps.evil/Deployment shared a", false],
    ["Namespace - other", false],
    ["Namespace - gitplane-system", false],
    ["ConfigMap dp-evil-shop a", false],
    ["ConfigMap gitplane-system a", false],
    ["rbac.authorization.k8s.io/ClusterRoleBinding - a", false],
    ["apps/Deployment - a", false],
  ])("C37 %s: %s", (id, isBelow) => {
    expect(describeBeyond(key(id), ceiling) === undefined).toBe(isBelow);
  });

  test.each(["kube-system", "kube-public", "kube-node-lease"])("C37 %s must be named in full", (namespace) => {
    expect(describeBeyond(key(`ConfigMap ${namespace} a`), { ...ceiling, namespaces: ["*"] })).toContain("is not open");
    expect(describeBeyond(key(`ConfigMap ${namespace} a`), { ...ceiling, namespaces: [namespace] })).toBeUndefined();
  });

  test("C37 the default has no kind that hands out rights or rules over all writes", () => {
    const refused = [
      "rbac.authorization.k8s.io/ClusterRole",
      "admissionregistration.k8s.io/MutatingWebhookConfiguration",
      "apiregistration.k8s.io/APIService",
      "Node",
    ];
    for (const kind of refused)
      expect(describeBeyond(key(`${kind} - a`), defaultCeiling(plane))).toContain("clusterKinds");
  });

  test.each([
    ["Namespace - dp-acme-shop-dev-1f0c9a3e", true],
    ["Secret dp-acme-shop-dev-1f0c9a3e a", true],
    ["gateway.networking.k8s.io/Gateway openchoreo-data-plane gateway-external", true],
    ["Secret dp-globex-shop-dev-1f0c9a3e a", false],
    ["Secret argocd a", false],
    ["Secret default a", false],
    ["Namespace - vault", false],
  ])("C37 by default it opens the organization's cells and its gateways: %s: %s", (id, isBelow) => {
    expect(describeBeyond(key(id), defaultCeiling(plane)) === undefined).toBe(isBelow);
  });

  test("C37 by default it opens every cell of an organization of a long name", () => {
    for (const organization of [
      "a".repeat(16),
      "a".repeat(17),
      "a".repeat(63),
      `${"a".repeat(14)}---${"b".repeat(20)}`,
    ]) {
      const long = { organization, project: "p".repeat(63), environment: "e".repeat(63) };
      for (const cell of [long, { ...long, project: "p", environment: "e" }]) {
        const namespace = cellNamespace(cell);
        expect(
          describeBeyond(key(`Secret ${namespace} a`), defaultCeiling({ ...plane, organization })),
        ).toBeUndefined();
      }
    }
  });

  test("a file that names namespaces alone has the usual kinds", () => {
    const namespaces = ["dp-acme-*", "legacy"];
    expect(Ceiling.parse({ format: 1, namespaces })).toEqual({ ...defaultCeiling(plane), namespaces });
  });

  test.each(["", "*/Pod", "a b", "Kind=", "UPPER/Kind"])("the pattern %j is refused", (pattern) => {
    expect(Ceiling.safeParse({ ...ceiling, kinds: [pattern] }).success).toBe(false);
  });
});

describe("the rights of its account", () => {
  const rulesOf = (impersonate: string | undefined) =>
    Object.fromEntries(
      rbacManifests({ plane, ceiling, impersonate }).flatMap((each) =>
        each["rules"] === undefined ? [] : [[`${each.kind} ${each.metadata.name}`, each["rules"]]],
      ),
    );

  test("are the ceiling's and no wider", () => {
    expect(rulesOf(undefined)["ClusterRole gitplane-agent-data-acme-east"]).toEqual([
      {
        apiGroups: [""],
        resources: ["configmaps", "namespaces"],
        verbs: ["get", "list", "watch", "create", "patch", "delete"],
      },
      { apiGroups: ["apps"], resources: ["*"], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
      {
        apiGroups: ["example.test"],
        resources: ["people"],
        verbs: ["get", "list", "watch", "create", "patch", "delete"],
      },
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
      { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["get", "list"] },
    ]);
  });

  test("reach Cilium's own word about encryption only where that is asked for", () => {
    const objects = (looksAtEncryption: boolean) =>
      rbacManifests({ plane, ceiling, impersonate: undefined, looksAtEncryption }).filter(({ metadata }) =>
        metadata.name.endsWith("-encryption"),
      );
    expect(objects(false)).toEqual([]);
    expect(objects(true)).toMatchObject([
      {
        kind: "Role",
        metadata: { namespace: "kube-system" },
        rules: [{ verbs: ["get"], resourceNames: ["cilium-config"] }],
      },
      { kind: "RoleBinding", metadata: { namespace: "kube-system" }, roleRef: { kind: "Role" } },
      { kind: "ClusterRole", rules: [{ apiGroups: ["cilium.io"], resources: ["ciliumnodes"], verbs: ["list"] }] },
      { kind: "ClusterRoleBinding", roleRef: { kind: "ClusterRole" } },
    ]);
  });

  test("with a user to impersonate it may touch its record alone", () => {
    const rules = rulesOf("tenant:acme");
    expect(rules["ClusterRole gitplane-agent-data-acme-east-itself"]).toContainEqual({
      apiGroups: [""],
      resources: ["users"],
      verbs: ["impersonate"],
      resourceNames: ["tenant:acme"],
    });
    const binding = rbacManifests({ plane, ceiling, impersonate: "tenant:acme" }).find(
      ({ kind, metadata }) => kind === "ClusterRoleBinding" && metadata.name === "gitplane-agent-data-acme-east",
    );
    expect(binding?.["subjects"]).toEqual([
      { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "tenant:acme" },
    ]);
  });
});
