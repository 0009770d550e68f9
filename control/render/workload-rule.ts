/** What sets the maps and lists that hold what the Workload says. */
import type { Origin } from "../load/traced.ts";

export const workloadRule: Origin = { kind: "rule", rule: "workload-over-class" };
