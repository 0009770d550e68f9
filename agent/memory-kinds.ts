/** The kinds that the in-memory target serves unless a test names others. */
export type MemoryKind = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Top-level fields that it knows; undefined takes any. */
  readonly fields?: readonly string[];
  /** Fields, as `spec.selector`, that an object keeps for life. */
  readonly immutable?: readonly string[];
};

const base = ["apiVersion", "kind", "metadata"];
const common = [...base, "spec", "status"];

function kind(apiVersion: string, name: string, fields: readonly string[] = common): MemoryKind {
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  return { group, version, kind: name, namespaced: !clusterScoped.has(name), fields };
}

const clusterScoped = new Set([
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "Namespace",
  "PersistentVolume",
  "PriorityClass",
  "StorageClass",
  "ValidatingWebhookConfiguration",
]);

export const builtInKinds: readonly MemoryKind[] = [
  kind("v1", "Namespace"),
  kind("v1", "ConfigMap", [...base, "data", "binaryData", "immutable"]),
  kind("v1", "Secret", [...base, "data", "stringData", "immutable", "type"]),
  kind("v1", "Service"),
  kind("v1", "ServiceAccount", [...base, "secrets", "imagePullSecrets", "automountServiceAccountToken"]),
  kind("v1", "PersistentVolume"),
  kind("v1", "PersistentVolumeClaim"),
  kind("v1", "Pod"),
  kind("v1", "ResourceQuota"),
  kind("v1", "LimitRange"),
  { ...kind("apps/v1", "Deployment"), immutable: ["spec.selector"] },
  { ...kind("apps/v1", "StatefulSet"), immutable: ["spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"] },
  kind("apps/v1", "DaemonSet"),
  kind("batch/v1", "Job"),
  kind("batch/v1", "CronJob"),
  kind("autoscaling/v2", "HorizontalPodAutoscaler"),
  kind("policy/v1", "PodDisruptionBudget"),
  kind("networking.k8s.io/v1", "NetworkPolicy"),
  kind("networking.k8s.io/v1", "Ingress"),
  kind("rbac.authorization.k8s.io/v1", "Role", [...base, "rules"]),
  { ...kind("rbac.authorization.k8s.io/v1", "RoleBinding", [...base, "roleRef", "subjects"]), immutable: ["roleRef"] },
  kind("rbac.authorization.k8s.io/v1", "ClusterRole", [...base, "rules", "aggregationRule"]),
  kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", [...base, "roleRef", "subjects"]),
  kind("scheduling.k8s.io/v1", "PriorityClass", [...base, "value", "description", "globalDefault", "preemptionPolicy"]),
  kind("storage.k8s.io/v1", "StorageClass", [...base, "provisioner", "parameters", "reclaimPolicy", "mountOptions"]),
  kind("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
  kind("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", [...base, "webhooks"]),
];
