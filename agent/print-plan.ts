/** Shows what a reconcile of the newest revision would do, without a write anywhere but the local clone's fetch. */
import { ExitError, type ExitCode, exitCodes } from "../process/exit-codes.ts";
import { type OutputStream, printRows } from "../process/output.ts";
import type { OutputFormat } from "../process/output-formats.ts";
import type { Column } from "../process/table.ts";
import { planeRef, receiptsRef } from "../schemas/layout.ts";
import { isApply, isEffect, type Plan } from "./step.ts";
import { type Agent, type Planned, preparePlan } from "./reconcile.ts";

export type PlanRow = {
  readonly action: "create" | "configure" | "replace" | "prune" | "hand" | "skip";
  readonly outcome?: "held" | "skipped" | "failed";
  readonly id: string;
  readonly release: string;
  readonly reason: string;
  /** Hash of the Hold that a person may approve. */
  readonly hold?: string;
};

const columns: readonly Column<PlanRow>[] = [
  { heading: "action", value: ({ action, outcome }) => outcome ?? action, colour: ({ action }) => colours.get(action) },
  { heading: "object", value: ({ id }) => id },
  { heading: "release", value: ({ release }) => release },
  { heading: "reason", value: ({ reason }) => reason },
];
const colours: ReadonlyMap<PlanRow["action"], number> = new Map([
  ["create", 32],
  ["configure", 33],
  ["replace", 35],
  ["prune", 31],
  ["hand", 36],
]);

export type PrintPlan = { readonly format: OutputFormat; readonly exitCode: boolean };

/** Prints the plan; the exit code says what is pending when `exitCode` asks for it, and always what is invalid. */
export async function printPlan(
  agent: Agent,
  { format, exitCode }: PrintPlan,
  stream: OutputStream,
): Promise<ExitCode> {
  const { plan, verified } = await planTip(agent);
  const rows = planRows(plan);
  if (rows.length > 0 || format !== "table") await printRows(rows, { format, columns }, stream);
  else stream.write(`nothing to change for revision ${verified.revision.slice(0, 10)}\n`);
  if (plan.invalid.length > 0) return exitCodes.invalid;
  if (!exitCode) return exitCodes.done;
  if (plan.steps.some(isEffect)) return exitCodes.changesPending;
  return plan.steps.some((step) => step.action === "skip" && step.outcome === "held") ? exitCodes.held : exitCodes.done;
}

async function planTip(agent: Agent): Promise<Planned> {
  const { plane, repository, applier } = agent;
  const ref = planeRef(plane);
  const tip = (await repository.fetch([ref, receiptsRef(plane)], { signal: applier.signal })).get(ref);
  if (tip === undefined) throw new ExitError(exitCodes.unreachable, `the repository has no branch ${ref}`);
  const planned = await preparePlan(agent, tip);
  switch (planned.kind) {
    case "planned":
      return planned;
    case "refused":
      throw new ExitError(exitCodes.untrusted, `revision ${planned.revision} is refused: ${planned.reason}`);
    case "stuck":
      throw new ExitError(exitCodes.unreachable, planned.reason);
  }
}

/** What a person wants to see of a plan: everything but what stays as it is, with what will fail before it is tried. */
export function planRows({ steps, invalid }: Plan): readonly PlanRow[] {
  const rows = steps.flatMap((step): PlanRow[] => {
    const { action, id, path: release, reason } = step;
    if (step.action !== "skip") {
      const blocked = isApply(step) ? step.blocked : undefined;
      return [
        { action, id, release, ...(blocked === undefined ? { reason } : { outcome: "failed", reason: blocked }) },
      ];
    }
    if (step.outcome === "unchanged") return [];
    const hold = step.hold === undefined ? {} : { hold: step.hold };
    return [{ action, outcome: step.outcome, id, release, reason, ...hold }];
  });
  const failed = invalid.map(({ path, reason }): PlanRow => {
    return { action: "skip", outcome: "failed", id: "", release: path, reason };
  });
  return [...failed, ...rows];
}
