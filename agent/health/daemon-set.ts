/** Health of a DaemonSet, by kstatus (`core.go`, daemonsetConditions). With `OnDelete` nobody updates pods, so none is awaited. */
import { type Assess, healthy, mappingAt, numberOf, progressing, textOf } from "./verdict.ts";

export const assessDaemonSet: Assess = (object) => {
  const status = mappingAt(object, "status");
  const count = (name: string): number => numberOf(status[name]) ?? 0;
  const wanted = numberOf(status["desiredNumberScheduled"]);
  if (wanted === undefined || numberOf(status["observedGeneration"]) === undefined) {
    return progressing("its controller has not reported on it");
  }
  const isByHand = textOf(mappingAt(object, "spec", "updateStrategy")["type"]) === "OnDelete";
  const steps = [
    ["currentNumberScheduled", "pods exist"],
    ...(isByHand ? [] : [["updatedNumberScheduled", "pods are updated"]]),
    ["numberAvailable", "pods are available"],
    ["numberReady", "pods are ready"],
  ] as const;
  for (const [name = "", what = ""] of steps) {
    if (count(name) < wanted) return progressing(`${count(name)} of ${wanted} ${what}`);
  }
  return healthy;
};
