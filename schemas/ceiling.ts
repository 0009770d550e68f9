/**
 * The most that an agent does, whatever the repository says: which kinds, in which namespaces. It comes from the agent's own
 * configuration, and the RBAC of its service account is generated from it.
 */
import { z } from "zod";
import type { PlaneId } from "./layout.ts";
import { cellPattern, gatewayNamespace } from "./names.ts";

/** `[group/]Kind`; `group/*` for every kind of a group; `Kind=plural` where the plural is not what English makes it. */
const KindPattern = z
  .string()
  .max(400)
  .regex(/^(?:[a-z0-9.-]+\/)?(?:\*|[A-Za-z0-9]+(?:=[a-z0-9-]+)?)$/, {
    error: "must be a kind as [group/]Kind, a group as group/*, or *",
  });

const NamespacePattern = z
  .string()
  .max(63)
  .regex(/^[a-z0-9*]([a-z0-9*-]*[a-z0-9*])?$/, { error: "must be a namespace's name, with * for any characters" });

/** What Gitplane renders, and what classes of the field commonly bring; nothing that grants power over the cluster. */
const usualKinds = [
  "ConfigMap",
  "LimitRange",
  "PersistentVolumeClaim",
  "ResourceQuota",
  "Secret",
  "Service",
  "ServiceAccount",
  "apps/DaemonSet",
  "apps/Deployment",
  "apps/StatefulSet",
  "argoproj.io/*",
  "autoscaling/HorizontalPodAutoscaler",
  "batch/CronJob",
  "batch/Job",
  "cert-manager.io/*",
  "cilium.io/CiliumNetworkPolicy",
  "external-secrets.io/*",
  "gateway.envoyproxy.io/*",
  "gateway.networking.k8s.io/*",
  "networking.k8s.io/Ingress",
  "networking.k8s.io/NetworkPolicy",
  "policy/PodDisruptionBudget",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/RoleBinding",
];

const usualClusterKinds = [
  "Namespace",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "gateway.networking.k8s.io/GatewayClass",
  "scheduling.k8s.io/PriorityClass",
];

export const Ceiling = z.strictObject({
  format: z.literal(1),
  /** Namespaces that objects may stand in, and that may be made. */
  namespaces: z.array(NamespacePattern).min(1).max(200),
  /** Kinds of objects in namespaces. */
  kinds: z.array(KindPattern).max(500).default(usualKinds),
  /** Kinds of objects outside of namespaces. */
  clusterKinds: z.array(KindPattern).max(200).default(usualClusterKinds),
});
export type Ceiling = z.infer<typeof Ceiling>;

/**
 * Where nobody says more: the organization's own cells, and where its gateways stand. A namespace that was there before is
 * somebody else's until the operator of the cluster names it.
 */
export function defaultCeiling({ organization }: PlaneId): Ceiling {
  return Ceiling.parse({ format: 1, namespaces: [cellPattern(organization), gatewayNamespace] });
}
