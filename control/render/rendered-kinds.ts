/** Every kind of object that is rendered: what is not listed here cannot be, and what is listed is shown by the fixtures. */

export const renderedKinds = [
  "BackendTrafficPolicy",
  "Certificate",
  "CiliumNetworkPolicy",
  "ClientTrafficPolicy",
  "ConfigMap",
  "CronJob",
  "Deployment",
  "EnvoyProxy",
  "ExternalSecret",
  "GRPCRoute",
  "Gateway",
  "GatewayClass",
  "HTTPRoute",
  "HorizontalPodAutoscaler",
  "LimitRange",
  "Namespace",
  "NetworkPolicy",
  "PersistentVolumeClaim",
  "PodDisruptionBudget",
  "ResourceQuota",
  "SecurityPolicy",
  "Service",
  "TCPRoute",
  "TLSRoute",
  "UDPRoute",
] as const;

export type RenderedKind = (typeof renderedKinds)[number];
