/**
 * The one table of kinds with rules of their own. What holds for every kind stands here, by kstatus (cli-utils,
 * `pkg/kstatus/status/generic.go`): an object being deleted is on its way, a status about an older generation says nothing, and
 * a controller that says `Stalled` or `Reconciling` is believed. A kind that is not in the table gets the rest of kstatus.
 */
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { assessAutoscaler } from "./autoscaler.ts";
import { assessCertificate } from "./certificate.ts";
import { assessCronJob } from "./cron-job.ts";
import { assessCronWorkflow, assessWorkflow } from "./workflow.ts";
import { assessDaemonSet } from "./daemon-set.ts";
import { assessDefinition } from "./definition.ts";
import { assessDeployment } from "./deployment.ts";
import { assessDisruptionBudget } from "./disruption-budget.ts";
import { assessExternalSecret } from "./external-secret.ts";
import { assessGateway, assessGatewayClass } from "./gateway.ts";
import { assessGeneric } from "./generic.ts";
import { assessIngress } from "./ingress.ts";
import { assessJob } from "./job.ts";
import { assessNamespace } from "./namespace.ts";
import { assessPod } from "./pod.ts";
import { assessPolicy, assessRoute } from "./route.ts";
import { assessReplicaSet } from "./replica-set.ts";
import { assessService } from "./service.ts";
import { assessStatefulSet } from "./stateful-set.ts";
import { assessVolumeClaim } from "./volume-claim.ts";
import { assessWhenReady } from "./when-ready.ts";
import {
  type Assess,
  conditionsOf,
  degraded,
  generationOf,
  listOf,
  mappingAt,
  notSeen,
  numberOf,
  progressing,
  sayCondition,
  textOf,
  type Verdict,
} from "./verdict.ts";
import { isWithoutHealth } from "./without-health.ts";

/** By `[group/]Kind`. */
const assessments: ReadonlyMap<string, Assess> = new Map([
  ["Namespace", assessNamespace],
  ["PersistentVolumeClaim", assessVolumeClaim],
  ["Pod", assessPod],
  ["Service", assessService],
  ["apiextensions.k8s.io/CustomResourceDefinition", assessDefinition],
  ["apiregistration.k8s.io/APIService", assessWhenReady("Available")],
  ["apps/DaemonSet", assessDaemonSet],
  ["apps/Deployment", assessDeployment],
  ["apps/ReplicaSet", assessReplicaSet],
  ["apps/StatefulSet", assessStatefulSet],
  ["argoproj.io/CronWorkflow", assessCronWorkflow],
  ["argoproj.io/Workflow", assessWorkflow],
  ["autoscaling/HorizontalPodAutoscaler", assessAutoscaler],
  ["batch/CronJob", assessCronJob],
  ["batch/Job", assessJob],
  ["cert-manager.io/Certificate", assessCertificate],
  ["cert-manager.io/ClusterIssuer", assessWhenReady("Ready")],
  ["cert-manager.io/Issuer", assessWhenReady("Ready")],
  ["external-secrets.io/ClusterSecretStore", assessWhenReady("Ready")],
  ["external-secrets.io/ExternalSecret", assessExternalSecret],
  ["external-secrets.io/SecretStore", assessWhenReady("Ready")],
  ["gateway.envoyproxy.io/BackendTrafficPolicy", assessPolicy],
  ["gateway.envoyproxy.io/ClientTrafficPolicy", assessPolicy],
  ["gateway.envoyproxy.io/EnvoyExtensionPolicy", assessPolicy],
  ["gateway.envoyproxy.io/EnvoyPatchPolicy", assessPolicy],
  ["gateway.envoyproxy.io/SecurityPolicy", assessPolicy],
  ["gateway.networking.k8s.io/BackendTLSPolicy", assessPolicy],
  ["gateway.networking.k8s.io/GRPCRoute", assessRoute],
  ["gateway.networking.k8s.io/Gateway", assessGateway],
  ["gateway.networking.k8s.io/GatewayClass", assessGatewayClass],
  ["gateway.networking.k8s.io/HTTPRoute", assessRoute],
  ["gateway.networking.k8s.io/TCPRoute", assessRoute],
  ["gateway.networking.k8s.io/TLSRoute", assessRoute],
  ["gateway.networking.k8s.io/UDPRoute", assessRoute],
  ["networking.k8s.io/Ingress", assessIngress],
  ["policy/PodDisruptionBudget", assessDisruptionBudget],
]);

/** Whether the health of a kind, `[group/]Kind`, needs to be watched. */
export function hasHealth(kind: string): boolean {
  return !isWithoutHealth(kind);
}

/** The health of a live object of a kind, `[group/]Kind`. Never throws, whatever stands in the object. */
export function assessHealth(kind: string, object: KubernetesObject): Verdict {
  return assessForAll(object) ?? (assessments.get(kind) ?? assessGeneric)(object);
}

/** What is the same for every kind; undefined when the kind's own rule decides. */
export function assessForAll(object: KubernetesObject): Verdict | undefined {
  const metadata = mappingAt(object, "metadata");
  if (metadata["deletionTimestamp"] !== undefined) return progressing(sayDeletion(metadata));
  const generation = generationOf(object);
  const observed = numberOf(mappingAt(object, "status")["observedGeneration"]);
  if (generation !== undefined && observed !== undefined && observed < generation) return progressing(notSeen);
  for (const condition of conditionsOf(object)) {
    if (condition.status !== "True" || condition.isOld) continue;
    if (condition.type === "Reconciling") return progressing(sayCondition(condition));
    if (condition.type === "Stalled") return degraded(sayCondition(condition));
  }
  return undefined;
}

const namedFinalizers = 3;

/** Finalizers are why a deletion does not end (Kubernetes: "Finalizers"). */
function sayDeletion(metadata: Readonly<Record<string, unknown>>): string {
  const finalizers = listOf(metadata["finalizers"]).map(textOf).slice(0, namedFinalizers);
  return finalizers.length === 0 ? "is being deleted" : `is being deleted; ${finalizers.join(", ")} must let it go`;
}
