/**
 * Kinds whose objects are as healthy as they will ever be once they exist: configuration, rights and rules, which have no
 * status, or none that speaks of their health. Nothing of them is watched for health, which keeps the agent small: they are the
 * larger half of most planes.
 */

const coreKinds = ["ConfigMap", "Endpoints", "Event", "LimitRange", "PodTemplate", "ResourceQuota", "Secret"];

/** `[group/]Kind`. */
const kinds: ReadonlySet<string> = new Set([
  ...coreKinds,
  "ServiceAccount",
  "admissionregistration.k8s.io/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "apps/ControllerRevision",
  "argoproj.io/ClusterWorkflowTemplate",
  "argoproj.io/WorkflowTemplate",
  "certificates.k8s.io/ClusterTrustBundle",
  "coordination.k8s.io/Lease",
  "discovery.k8s.io/EndpointSlice",
  "flowcontrol.apiserver.k8s.io/FlowSchema",
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
  "gateway.envoyproxy.io/EnvoyProxy",
  "gateway.networking.k8s.io/ReferenceGrant",
  "networking.k8s.io/IngressClass",
  "networking.k8s.io/NetworkPolicy",
  "node.k8s.io/RuntimeClass",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/RoleBinding",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/CSIDriver",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttributesClass",
]);

/** A kind that nobody has heard of, such as a custom resource's, may have a health. */
export function isWithoutHealth(kind: string): boolean {
  return kinds.has(kind);
}
