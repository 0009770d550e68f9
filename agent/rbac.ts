/**
 * What a service account needs to serve one plane under a ceiling, as manifests to apply once by hand: least privilege, no
 * wildcard that the ceiling does not have (Kubernetes: "Using RBAC Authorization"). With impersonation the account itself may
 * touch nothing but its record; the tenant's user gets the rules.
 */
import type { Ceiling } from "../schemas/ceiling.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { type PlaneId, planeKey } from "../schemas/layout.ts";
import { engineNamespace } from "./ceiling.ts";

export type RbacRequest = {
  readonly plane: PlaneId;
  readonly ceiling: Ceiling;
  /** The user that requests about Releases are sent as; undefined: the account itself. */
  readonly impersonate: string | undefined;
  /** Whether the account may find out if traffic between the nodes is encrypted. */
  readonly looksAtEncryption?: boolean;
};

type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
};

const rbacGroup = "rbac.authorization.k8s.io";
const rbacVersion = `${rbacGroup}/v1`;

/** In the order in which they are to be applied. */
export function rbacManifests({
  plane,
  ceiling,
  impersonate,
  looksAtEncryption = false,
}: RbacRequest): readonly KubernetesObject[] {
  const name = serviceAccountName(plane);
  const account = { kind: "ServiceAccount", name, namespace: engineNamespace };
  const worker = impersonate === undefined ? account : { kind: "User", apiGroup: rbacGroup, name: impersonate };
  const clusterRole = (suffix: string, rules: readonly Rule[]): KubernetesObject => ({
    apiVersion: rbacVersion,
    kind: "ClusterRole",
    metadata: { name: `${name}${suffix}` },
    rules,
  });
  const clusterBinding = (suffix: string, subject: object): KubernetesObject => ({
    apiVersion: rbacVersion,
    kind: "ClusterRoleBinding",
    metadata: { name: `${name}${suffix}` },
    roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: `${name}${suffix}` },
    subjects: [subject],
  });
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: engineNamespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: engineNamespace } },
    {
      apiVersion: rbacVersion,
      kind: "Role",
      metadata: { name, namespace: engineNamespace },
      rules: recordRules(plane),
    },
    {
      apiVersion: rbacVersion,
      kind: "RoleBinding",
      metadata: { name, namespace: engineNamespace },
      roleRef: { apiGroup: rbacGroup, kind: "Role", name },
      subjects: [account],
    },
    clusterRole("", releaseRules(ceiling)),
    clusterBinding("", worker),
    clusterRole("-itself", ownRules(impersonate)),
    clusterBinding("-itself", account),
    ...(looksAtEncryption ? encryptionRights(name, account) : []),
  ];
}

/** What Cilium says of itself and of its nodes. */
function encryptionRights(account: string, subject: object): readonly KubernetesObject[] {
  const name = `${account}-encryption`;
  const config = { apiGroups: [""], resources: ["configmaps"], verbs: ["get"], resourceNames: ["cilium-config"] };
  const nodes = { apiGroups: ["cilium.io"], resources: ["ciliumnodes"], verbs: ["list"] };
  const namespace = "kube-system";
  const roleRef = (kind: string): object => ({ apiGroup: rbacGroup, kind, name });
  return [
    { apiVersion: rbacVersion, kind: "Role", metadata: { name, namespace }, rules: [config] },
    {
      apiVersion: rbacVersion,
      kind: "RoleBinding",
      metadata: { name, namespace },
      roleRef: roleRef("Role"),
      subjects: [subject],
    },
    { apiVersion: rbacVersion, kind: "ClusterRole", metadata: { name }, rules: [nodes] },
    {
      apiVersion: rbacVersion,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: roleRef("ClusterRole"),
      subjects: [subject],
    },
  ];
}

export function serviceAccountName(plane: PlaneId): string {
  return `gitplane-agent-${planeKey(plane).replaceAll(".", "-")}`;
}

/** A name cannot limit a create (Kubernetes: "Referring to resources"). */
function recordRules(plane: PlaneId): readonly Rule[] {
  const configMaps = { apiGroups: [""], resources: ["configmaps"] };
  return [
    { ...configMaps, verbs: ["create"] },
    { ...configMaps, verbs: ["get", "update", "watch"], resourceNames: [`gitplane-applied-${planeKey(plane)}`] },
  ];
}

/** The cluster's identity, and speaking as somebody else where that is wanted. */
function ownRules(impersonate: string | undefined): readonly Rule[] {
  const identity: Rule = { apiGroups: [""], resources: ["namespaces"], verbs: ["get"], resourceNames: ["kube-system"] };
  if (impersonate === undefined) return [identity];
  return [identity, { apiGroups: [""], resources: ["users"], verbs: ["impersonate"], resourceNames: [impersonate] }];
}

const releaseVerbs = ["get", "list", "watch", "create", "patch", "delete"] as const;

function releaseRules({ kinds, clusterKinds }: Ceiling): readonly Rule[] {
  const byGroup = new Map<string, Set<string>>();
  for (const pattern of [...kinds, ...clusterKinds]) {
    const [group, resource] = resourceOf(pattern);
    byGroup.set(group, (byGroup.get(group) ?? new Set()).add(resource));
  }
  const rules = [...byGroup].map(([group, resources]): Rule => {
    const names = resources.has("*") ? ["*"] : [...resources].sort();
    return { apiGroups: [group], resources: names, verbs: releaseVerbs };
  });
  const isAny = byGroup.has("*");
  // Why a workload is unhealthy, its pods and their events tell.
  const reasons: readonly Rule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
    { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["get", "list"] },
  ];
  return isAny ? rules : [...rules, ...reasons];
}

/** Group and plural of a pattern. */
function resourceOf(pattern: string): readonly [group: string, resource: string] {
  if (pattern === "*") return ["*", "*"];
  const slash = pattern.lastIndexOf("/");
  const group = slash < 0 ? "" : pattern.slice(0, slash);
  const [kind = "", plural] = pattern.slice(slash + 1).split("=");
  return [group, kind === "*" ? "*" : (plural ?? pluralOf(kind))];
}

/** As the kinds of Kubernetes and of most definitions do it; any other is written out in the ceiling. */
function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (/(?:s|x|ch|sh)$/u.test(name)) return `${name}es`;
  return /[^aeiou]y$/u.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}
