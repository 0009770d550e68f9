/**
 * The fourth step: carries a plan out. Releases run beside each other, each in its own waves; a Release waits only for the
 * Releases that hold its cell, its namespace or the definition of one of its kinds. Prunes come when all of that has ended.
 * What fails is an outcome of its object and of nothing unrelated.
 */
import type { Applier } from "./applier.ts";
import { applyRelease } from "./apply-release.ts";
import type { Change } from "./change.ts";
import { handObjects } from "./hand-objects.ts";
import { findNeeds } from "./needs.ts";
import { pruneObjects } from "./prune.ts";
import { allEnded } from "./slots.ts";
import { Named } from "./named.ts";
import {
  type ApplyStep,
  type HandStep,
  isApply,
  isEffect,
  isOfPrune,
  type Plan,
  type PruneStep,
  type Step,
} from "./step.ts";

/** Carries out every step. Answers one change a step, skips included. Throws the signal's reason when aborted. */
export async function applyPlan(applier: Applier, plan: Plan): Promise<readonly Change[]> {
  const effects = plan.steps.filter(isEffect);
  const skips = plan.steps.flatMap((step) => (step.action === "skip" ? [skipped(step)] : []));
  const [applied = [], handed = []] = await allEnded([
    applyReleases(applier, effects.filter(isApply)),
    handObjects(applier, effects.filter(isHand)),
  ]);
  const pruned = await pruneObjects(applier, effects.filter(isPrune), unfinishedPaths([...applied, ...skips]));
  return [...handed, ...applied, ...pruned, ...skips];
}

function isPrune(step: ApplyStep | PruneStep | HandStep): step is PruneStep {
  return step.action === "prune";
}

function isHand(step: ApplyStep | PruneStep | HandStep): step is HandStep {
  return step.action === "hand";
}

function skipped(step: Step & { readonly action: "skip" }): Change {
  return { step, outcome: step.outcome, reason: step.reason };
}

async function applyReleases(applier: Applier, steps: readonly ApplyStep[]): Promise<readonly Change[]> {
  const chains = Map.groupBy(steps, ({ path }) => path);
  const needs = findNeeds(chains);
  const named = new Named(steps);
  const running = new Map<string, Promise<readonly Change[]>>();
  const run = async (path: string): Promise<readonly Change[]> => {
    const needed = await Promise.all((needs.get(path) ?? []).map((need) => start(need)));
    return await applyRelease(applier, { steps: chains.get(path) ?? [], needed: needed.flat(), named });
  };
  const start = (path: string): Promise<readonly Change[]> => {
    const release = running.get(path) ?? run(path);
    running.set(path, release);
    return release;
  };
  return (await allEnded([...chains.keys()].map((path) => start(path)))).flat();
}

/** What a prune would take away may still be in use there: what takes its place does not stand yet. */
function unfinishedPaths(changes: readonly Change[]): ReadonlyMap<string, "failed" | "held"> {
  const paths = new Map<string, "failed" | "held">();
  for (const { step, outcome } of changes) {
    if (isOfPrune(step)) continue;
    if (outcome === "failed" || (outcome === "held" && !paths.has(step.path))) paths.set(step.path, outcome);
  }
  return paths;
}
