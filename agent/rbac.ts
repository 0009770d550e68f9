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
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: engineNamespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: engineNamespace } },
    ...granted({ name, namespace: engineNamespace }, recordRules(plane), account),
    ...granted({ name }, releaseRules(ceiling), worker),
    ...granted({ name: `${name}-itself` }, ownRules(impersonate), account),
    ...(looksAtEncryption ? encryptionRights(`${name}-encryption`, account) : []),
  ];
}

/** What Cilium says of itself and of its nodes. */
function encryptionRights(name: string, account: object): readonly KubernetesObject[] {
  const config = { apiGroups: [""], resources: ["configmaps"], verbs: ["get"], resourceNames: ["cilium-config"] };
  const nodes = { apiGroups: ["cilium.io"], resources: ["ciliumnodes"], verbs: ["list"] };
  return [...granted({ name, namespace: "kube-system" }, [config], account), ...granted({ name }, [nodes], account)];
}

/** A role and who has it, in one namespace or, without one, in the whole cluster. */
function granted(
  metadata: { readonly name: string; readonly namespace?: string },
  rules: readonly Rule[],
  subject: object,
): readonly KubernetesObject[] {
  const kind = metadata.namespace === undefined ? "ClusterRole" : "Role";
  const roleRef = { apiGroup: rbacGroup, kind, name: metadata.name };
  return [
    { apiVersion: rbacVersion, kind, metadata, rules },
    { apiVersion: rbacVersion, kind: `${kind}Binding`, metadata, roleRef, subjects: [subject] },
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
