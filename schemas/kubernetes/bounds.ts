/**
 * Numbers, words and texts that an API server refuses a whole object for (Kubernetes, pkg/apis, validation). Not always what
 * the API's description says: a probe's 0 is taken for its default, a negative grace period of a pod for one second, and a
 * mount's path may have a colon.
 */
import { z } from "zod";
import { IpAddress } from "./addresses.ts";
import { ContainerPortRef, DescendingPath, PortNumber, QualifiedName, TargetPort } from "./formats.ts";
import { Name } from "../metadata.ts";
import { Amount, PositiveAmount } from "./quantity.ts";

const fromZero = z.int32().min(0);
const longFromZero = z.int().min(0);
const fileMode = z.int32().min(0).max(0o777);
/** Of users and groups. */
const identity = z.int().min(0).max(2_147_483_647);

const positive = z.int32().min(1);

/** By `Type.field`. */
export const bounds: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ...["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"].map(
    (field) => [`DeploymentSpec.${field}`, fromZero] as const,
  ),
  [
    "RollingUpdateDeployment.maxSurge",
    countOrShare(/^[0-9]+%$/, "must be a whole number from 0 or a share such as 25%"),
  ],
  [
    "RollingUpdateDeployment.maxUnavailable",
    countOrShare(/^0*([0-9]{1,2}|100)%$/, "must be a whole number from 0 or a share of at most 100%"),
  ],
  ...["minAvailable", "maxUnavailable"].map(
    (field) =>
      [
        `PodDisruptionBudgetSpec.${field}`,
        countOrShare(/^0*([0-9]{1,2}|100)%$/, "must be a whole number from 0 or a share of at most 100%"),
      ] as const,
  ),
  ["HorizontalPodAutoscalerSpec.minReplicas", fromZero],
  ["HorizontalPodAutoscalerSpec.maxReplicas", positive],
  // Words of the autoscaler's API, which its description does not list.
  ["MetricSpec.type", z.enum(["ContainerResource", "External", "Object", "Pods", "Resource"])],
  ["MetricTarget.type", z.enum(["AverageValue", "Utilization", "Value"])],
  ["MetricTarget.averageUtilization", positive],
  ["MetricTarget.averageValue", PositiveAmount],
  ["MetricTarget.value", PositiveAmount],
  ["MetricIdentifier.name", z.string().min(1)],
  ["ContainerResourceMetricSource.container", Name],
  ["ContainerResourceMetricSource.name", z.string().min(1)],
  ["ResourceMetricSource.name", z.string().min(1)],
  ["HPAScalingPolicy.type", z.enum(["Percent", "Pods"])],
  ["HPAScalingPolicy.value", positive],
  ["HPAScalingPolicy.periodSeconds", positive.max(1800)],
  ["HPAScalingRules.selectPolicy", z.enum(["Disabled", "Max", "Min"])],
  ["HPAScalingRules.stabilizationWindowSeconds", fromZero.max(3600)],
  ["HPAScalingRules.tolerance", Amount],
  ["CronJobSpec.successfulJobsHistoryLimit", fromZero],
  ["CronJobSpec.failedJobsHistoryLimit", fromZero],
  ["CronJobSpec.startingDeadlineSeconds", longFromZero],
  ...["backoffLimit", "parallelism", "completions", "ttlSecondsAfterFinished"].map(
    (field) => [`JobSpec.${field}`, fromZero] as const,
  ),
  ["JobSpec.activeDeadlineSeconds", longFromZero],
  ["PodSpec.activeDeadlineSeconds", z.int().min(1).max(2_147_483_647)],
  ...["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"].map(
    (field) => [`Probe.${field}`, fromZero] as const,
  ),
  ["Probe.terminationGracePeriodSeconds", z.int().min(1)],
  ["HTTPGetAction.port", ContainerPortRef],
  ["TCPSocketAction.port", ContainerPortRef],
  ["GRPCAction.port", PortNumber],
  ["SleepAction.seconds", longFromZero],
  ["ContainerPort.hostPort", z.int().min(0).max(65_535)],
  ["ServicePort.targetPort", TargetPort],
  ["ResourceRequirements.limits", z.record(z.string(), Amount)],
  ["ResourceRequirements.requests", z.record(z.string(), Amount)],
  ["EmptyDirVolumeSource.sizeLimit", Amount],
  ["ConfigMapVolumeSource.defaultMode", fileMode],
  ["SecretVolumeSource.defaultMode", fileMode],
  ["HostAlias.ip", IpAddress],
  ["PodReadinessGate.conditionType", QualifiedName],
  ["VolumeMount.subPath", DescendingPath],
  ["VolumeMount.subPathExpr", DescendingPath],
  ["VolumeMount.recursiveReadOnly", z.enum(["Disabled", "Enabled", "IfPossible"])],
  ["SecurityContext.runAsUser", identity],
  ["SecurityContext.runAsGroup", identity],
  ["PodSecurityContext.runAsUser", identity],
  ["PodSecurityContext.runAsGroup", identity],
  ["PodSecurityContext.fsGroup", identity],
]);

function countOrShare(share: RegExp, error: string): z.ZodType {
  return z
    .unknown()
    .refine((value) => (typeof value === "string" ? share.test(value) : fromZero.safeParse(value).success), { error })
    .meta({
      anyOf: [
        { type: "integer", minimum: 0 },
        { type: "string", pattern: share.source },
      ],
    });
}
