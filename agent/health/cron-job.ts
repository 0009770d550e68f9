/** Health of a CronJob: it is there and will run, or somebody has suspended it. What its runs come to is their Jobs' health. */
import { type Assess, mappingAt } from "./verdict.ts";

export const assessCronJob: Assess = (object) =>
  mappingAt(object, "spec")["suspend"] === true
    ? { health: "Suspended", reason: "is suspended" }
    : { health: "Healthy" };
