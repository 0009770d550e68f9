/** Health of Argo Workflows by their phase (Argo Workflows: WorkflowPhase), and of CronWorkflows by what their controller complains of. */
import {
  type Assess,
  conditionsOf,
  degraded,
  healthy,
  mappingAt,
  progressing,
  sayCondition,
  suspended,
  textOf,
  unknown,
} from "./verdict.ts";

export const assessWorkflow: Assess = (object) => {
  const status = mappingAt(object, "status");
  const phase = textOf(status["phase"]);
  // The message of a Workflow that failed is its controller's ("child 'x' failed"); a step's own may quote output.
  if (phase === "Succeeded") return healthy;
  if (phase === "Failed" || phase === "Error") return degraded(`its phase is ${phase}`);
  if (mappingAt(object, "spec")["suspend"] === true) return suspended("is suspended");
  return phase === "" ? unknown("no controller has reported on it") : progressing(`its phase is ${phase}`);
};

export const assessCronWorkflow: Assess = (object) => {
  const complaint = conditionsOf(object).find(
    ({ type, status }) => (type === "SubmissionError" || type === "SpecError") && status === "True",
  );
  if (complaint !== undefined) return degraded(sayCondition(complaint));
  return mappingAt(object, "spec")["suspend"] === true ? suspended("is suspended") : healthy;
};
