/**
 * Health of a cert-manager Certificate: `Ready` says that the certificate is there and valid, `Issuing` what is being done
 * about it (cert-manager: "Certificate resource"). A renewal that fails does not take the valid certificate away.
 */
import { type Assess, byCondition, conditionsOf, degraded, progressing, sayCondition, unknown } from "./verdict.ts";

export const assessCertificate: Assess = (object) => {
  const conditions = conditionsOf(object);
  const ready = byCondition(conditions, "Ready", progressing);
  if (ready === undefined) return unknown("no controller has reported on it");
  if (ready.health === "Healthy") return ready;
  const issuing = conditions.find(({ type, isOld }) => type === "Issuing" && !isOld);
  if (issuing?.status === "False" && issuing.reason === "Failed") return degraded(sayCondition(issuing));
  const isExpired = conditions.some(({ type, reason, isOld }) => type === "Ready" && reason === "Expired" && !isOld);
  return isExpired ? degraded(ready.reason ?? "has expired") : ready;
};
