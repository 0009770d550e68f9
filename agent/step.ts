/** What a plan is made of: one step an object, each with its reason, decided before any effect. */
import type { PlaneId } from "../schemas/layout.ts";
import type { KubernetesObject, ObjectKey } from "../schemas/object-id.ts";

type About = { readonly id: string; readonly key: ObjectKey; readonly path: string; readonly reason: string };

type WithObject = About & {
  readonly object: KubernetesObject;
  /** Ids of other objects that must stand first, by the object's own annotation. */
  readonly after?: readonly string[];
  /** The object as it was brought to its end last: what in it was ours. */
  readonly before?: KubernetesObject;
  /** It was not brought to its end before, so the live object may be on its way to another plane. */
  readonly mayBeHanded?: true;
  /** Why it cannot be applied, as the plan sees it. */
  readonly blocked?: string;
};

export type ApplyStep =
  | (WithObject & { readonly action: "create" | "configure" })
  /** Deleted and created anew, if the target still refuses to change it. `uid`: only this object, as a person approved. */
  | (WithObject & { readonly action: "replace"; readonly uid?: string });
export type PruneStep = About & {
  readonly action: "prune";
  /** The one object that was looked at or approved; another under its name stays. */
  readonly uid?: string;
  /** It was gone, or another's, when the plan was made: should it be ours by now, a plan must look at it first. */
  readonly isUnlessOurs?: true;
  /** Uids of what others have in it, as a person approved: nothing else of theirs may go along. */
  readonly along?: readonly string[];
  /** It needs no approval because nothing of others would go along; they may come until it is deleted. */
  readonly isUnlessForeign?: true;
};
/** Left to the agent of another plane in the same cluster, which takes it when it is ready. */
export type HandStep = About & { readonly action: "hand"; readonly to: PlaneId };
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
  /** It could not be looked at, and time may help. */
  readonly mayPass?: true;
  /** Nobody else has it, and it is not to be remembered either. */
  readonly isForgotten?: true;
};
/** Once approved, a `replace` of the same object takes its place. */
export type HeldReplacement = WithObject & {
  readonly action: "skip";
  readonly of: "replace";
  readonly outcome: "held";
  /** Its class allows it, and there are too many deletes in the plan. */
  readonly guard?: "number";
  /** Hash of the Hold that it is in. */
  readonly hold?: string;
};
export type Step = ApplyStep | PruneStep | HandStep | SkipStep | HeldReplacement;

export type Plan = {
  readonly steps: readonly Step[];
  /** Paths whose file is not believed: nothing of them is applied or pruned. */
  readonly invalid: readonly { readonly path: string; readonly reason: string; readonly mayPass: boolean }[];
  /** Whether objects may come to exist, or to be another's, that the record does not know of: it is widened before the first effect. */
  readonly widens: boolean;
};

/** Whether a step can have an effect. */
export function isEffect(step: Step): step is ApplyStep | PruneStep | HandStep {
  return step.action !== "skip";
}

export function isApply(step: ApplyStep | PruneStep | HandStep): step is ApplyStep {
  return step.action !== "prune" && step.action !== "hand";
}

/** Whether a step is about an object that should go rather than one that should be. */
export function isOfPrune(step: Step): boolean {
  return step.action === "prune" || (step.action === "skip" && step.of === "prune");
}
