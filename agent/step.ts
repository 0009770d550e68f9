/** What a plan is made of: one step an object, each with its reason, decided before any effect. */
import type { KubernetesObject, ObjectKey } from "../schemas/object-id.ts";

type About = { readonly id: string; readonly key: ObjectKey; readonly path: string; readonly reason: string };

export type ApplyStep = About & { readonly action: "create" | "configure"; readonly object: KubernetesObject };
export type PruneStep = About & {
  readonly action: "prune";
  /** The one object that was looked at or approved; another under its name stays. */
  readonly uid?: string;
};
export type SkipStep = About & {
  readonly action: "skip";
  /** What would have been done. */
  readonly of: "apply" | "prune";
  /** `unchanged` needs nothing, `skipped` is none of ours, `held` waits for a person. */
  readonly outcome: "unchanged" | "skipped" | "held";
  /** What holds it until a person approves: its own kind, or how many deletes there are. */
  readonly guard?: "kind" | "number";
  /** Hash of the Hold that it is in. */
  readonly hold?: string;
  /** Nobody else has it, and it is not to be remembered either. */
  readonly isForgotten?: true;
};
export type Step = ApplyStep | PruneStep | SkipStep;

export type Plan = {
  readonly steps: readonly Step[];
  /** Paths whose file is not believed: nothing of them is applied or pruned. */
  readonly invalid: readonly { readonly path: string; readonly reason: string; readonly mayPass: boolean }[];
  /** Whether objects may come to exist that the record does not know of: it is widened before the first effect. */
  readonly widens: boolean;
};

/** Whether a step can have an effect. */
export function isEffect(step: Step): step is ApplyStep | PruneStep {
  return step.action !== "skip";
}
