/**
 * The order in which kinds are applied, and in reverse pruned. The renderer writes resources in this order and the agent
 * plans by it. What a workload needs stands before it; what could refuse others' writes (webhooks) stands last.
 */
import { compareText } from "./compare.ts";
import { type ObjectKey, objectId } from "./object-id.ts";

const waves: readonly (readonly string[])[] = [
  ["Namespace"],
  ["apiextensions.k8s.io/CustomResourceDefinition"],
  [
    "ResourceQuota",
    "LimitRange",
    "networking.k8s.io/NetworkPolicy",
    "cilium.io/CiliumNetworkPolicy",
    "scheduling.k8s.io/PriorityClass",
  ],
  [
    "ServiceAccount",
    "rbac.authorization.k8s.io/Role",
    "rbac.authorization.k8s.io/ClusterRole",
    "rbac.authorization.k8s.io/RoleBinding",
    "rbac.authorization.k8s.io/ClusterRoleBinding",
  ],
  [
    "ConfigMap",
    "Secret",
    "external-secrets.io/ExternalSecret",
    "cert-manager.io/Certificate",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "storage.k8s.io/StorageClass",
  ],
  [
    "Service",
    "apps/Deployment",
    "apps/StatefulSet",
    "apps/DaemonSet",
    "batch/CronJob",
    "batch/Job",
    "autoscaling/HorizontalPodAutoscaler",
    "policy/PodDisruptionBudget",
  ],
  ["gateway.networking.k8s.io/GatewayClass", "gateway.networking.k8s.io/Gateway"],
  // Before the routes that they guard: a route is never open for a moment, neither when it comes nor when it goes.
  [
    "gateway.envoyproxy.io/ClientTrafficPolicy",
    "gateway.envoyproxy.io/SecurityPolicy",
    "gateway.envoyproxy.io/BackendTrafficPolicy",
  ],
  [
    "gateway.networking.k8s.io/HTTPRoute",
    "gateway.networking.k8s.io/GRPCRoute",
    "gateway.networking.k8s.io/TLSRoute",
    "gateway.networking.k8s.io/TCPRoute",
    "gateway.networking.k8s.io/UDPRoute",
  ],
  [
    "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  ],
];

const waveOf = new Map(waves.flatMap((kinds, wave) => kinds.map((kind) => [kind, wave] as const)));
const workloadWave = waveOf.get("apps/Deployment") ?? 0;

/** Wave of a kind; one that the table does not name goes with the workloads. */
export function applyWave(key: Pick<ObjectKey, "group" | "kind">): number {
  return waveOf.get(key.group === "" ? key.kind : `${key.group}/${key.kind}`) ?? workloadWave;
}

/** Apply order: wave, then id by code unit. */
export function compareApplyOrder(a: ObjectKey, b: ObjectKey): number {
  return applyWave(a) - applyWave(b) || compareText(objectId(a), objectId(b));
}
