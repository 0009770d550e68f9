/**
 * Health of a CronJob: it is there and will run, or somebody has suspended it. A last run that is over and did not succeed is
 * an error; one that runs says nothing yet (Kubernetes: CronJobStatus).
 */
import { type Assess, degraded, healthy, listOf, mappingAt, suspended, textOf } from "./verdict.ts";

export const assessCronJob: Assess = (object) => {
  if (mappingAt(object, "spec")["suspend"] === true) return suspended("is suspended");
  const status = mappingAt(object, "status");
  const scheduled = Date.parse(textOf(status["lastScheduleTime"]));
  if (Number.isNaN(scheduled) || listOf(status["active"]).length > 0) return healthy;
  const succeeded = Date.parse(textOf(status["lastSuccessfulTime"]));
  return succeeded >= scheduled ? healthy : degraded("its last run did not succeed");
};
