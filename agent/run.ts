/**
 * The agent as a running program: stands by until the plane is its own to write, holds it, and begins anew when something
 * took that away; until told to stop. Nothing here decides anything.
 */
import { Bell } from "../process/bell.ts";
import { keepTidy } from "../process/upkeep.ts";
import { planeRef, receiptsRef } from "../schemas/layout.ts";
import type { Applier } from "./applier.ts";
import { Doubt } from "./doubt.ts";
import { driftModeOf } from "./drift-mode.ts";
import { DriftGuard } from "./drift/guard.ts";
import { follow } from "./follow.ts";
import { Hint } from "./hint.ts";
import { Inventory } from "./inventory.ts";
import { Observer } from "./observe.ts";
import { readReceipts } from "./receipts.ts";
import type { Agent } from "./reconcile.ts";
import { ReceiptsHead } from "./receipts-head.ts";
import { Reporter } from "./report.ts";
import type { Running, RunOptions } from "./running.ts";
import { standBy } from "./stand-by.ts";
import { refreshReceipts } from "./tell.ts";
import { Tenure } from "./tenure.ts";
import { tryFetch } from "./try-fetch.ts";
import { listenForWakes, type Wake } from "./wake.ts";

/** Runs until the agent's signal is aborted; then ends what is under way and returns. */
export async function runAgent(options: RunOptions): Promise<void> {
  const { agent, instance, log, now, onRival = () => undefined, pollMs, predecessors = new Set(), random } = options;
  const { applier, plane, repository } = agent;
  const { signal } = applier;
  const refs = [planeRef(plane), receiptsRef(plane)];
  const receiptsHead = new ReceiptsHead(repository, plane);
  const tenure = new Tenure({
    instance,
    predecessors,
    // A holder looks at the branch after one and a half polls at most, and then has to push.
    patienceMs: 3 * pollMs + 5000,
    askAgainMs: 10 * pollMs,
    nowMs: () => performance.now(),
  });
  const look = async (): Promise<boolean> => (await tryFetch(refs, options)) !== undefined;
  const pauseMs = (): number => pollMs * (0.5 + random());
  while (!signal.aborted) {
    try {
      await standBy({ repository, plane, receiptsHead, tenure, log, now, onRival, look, pauseMs, signal });
      if (signal.aborted) return;
      onRival(undefined);
      await hold({ ...options, receiptsHead, tenure });
    } catch (error) {
      // Whatever was under way when it was told to stop may say so by throwing.
      if (!signal.aborted) throw error;
    }
  }
}

type Holding = RunOptions & Pick<Running, "receiptsHead" | "tenure">;

/**
 * Holds the plane until aborted, until another process holds it, or until the target turns out to be another than it was.
 * Each time anew: what was known of the target and of the receipts was true of another time.
 */
async function hold(options: Holding): Promise<void> {
  const { agent: given } = options;
  const { applier, memory, plane, repository } = given;
  const ending = new AbortController();
  const signal = AbortSignal.any([applier.signal, ending.signal]);
  memory.keeper.forget();
  const afresh: Agent = {
    ...given,
    inventory: new Inventory(),
    standing: { unsettled: new Set() },
    applier: { ...applier, signal },
  };
  const bell = new Bell();
  const hint = new Hint(bell);
  const doubt = new Doubt(bell);
  const reporter = new Reporter({ ...options, repository, plane }, await readReceipts(repository, plane));
  const onChange = (id: string | undefined): void => refreshReceipts({ agent: afresh, observer, guard, reporter }, id);
  await using guard = openGuard({ ...options, agent: afresh }, onChange);
  await using observer = openObserver({ ...options, agent: afresh }, { bell, doubt, guard, onChange });
  // As each apply answers and not after the round: what went meanwhile would be waited for, for ever.
  const onApplied: Applier["onApplied"] = (id, applied) => {
    observer.expect(id, applied);
    guard.expect(id, applied);
  };
  const agent: Agent = { ...afresh, turns: guard.turns, applier: { ...afresh.applier, onApplied } };
  const running = { ...options, agent, observer, guard, reporter, doubt };
  const background = startBackground(running, { hint, signal, isLeaving: applier.signal });
  try {
    await follow(running, { bell, hint });
  } finally {
    ending.abort();
    await Promise.all(background);
  }
}

type Surroundings = {
  readonly bell: Bell;
  readonly doubt: Doubt;
  readonly guard: DriftGuard;
  readonly onChange: (id: string | undefined) => void;
};

function openObserver({ agent, log, random }: RunOptions, { bell, doubt, guard, onChange }: Surroundings): Observer {
  const { applier, inventory, memory } = agent;
  const { target } = applier;
  return new Observer({
    target,
    log,
    random,
    onChange,
    onGap: () => doubt.raise(),
    onFinished: (id, finished) => {
      if (inventory.claimants(id).length > 0 && memory.keeper.note(id, finished)) bell.ring();
    },
    finishedOf: (id) => memory.keeper.finishedOf(id),
    fields: {
      manager: target.fieldManager,
      see: (id, uid, print) => guard.see(id, uid, print),
      lose: (id, uid) => guard.lose(id, uid),
    },
  });
}

function openGuard({ agent, log, random }: RunOptions, onChange: (id: string) => void): DriftGuard {
  const { applier, ceiling, inventory, memory, plane, repository, standing } = agent;
  return new DriftGuard({
    ceiling,
    target: applier.target,
    repository,
    plane,
    log,
    random,
    nowMs: () => performance.now(),
    claimOf: (id) => (standing.unsettled.has(id) ? undefined : inventory.claimOf(id)),
    modeOf: (path) => (standing.settings === undefined ? undefined : driftModeOf(standing.settings, path)),
    isFinished: (id) => memory.keeper.finishedOf(id) !== undefined,
    onChange,
  });
}

const upkeepEveryMs = 3_600_000;

type Background = {
  readonly hint: Hint;
  readonly signal: AbortSignal;
  /** Aborted when the process ends, and not only its hold of the plane. */
  readonly isLeaving: AbortSignal;
};

/** What goes on beside the rounds; each ends by itself once aborted. */
function startBackground(running: Running, { hint, signal, isLeaving }: Background): readonly Promise<void>[] {
  const { agent, log, maintain, random, reporter, wake } = running;
  const onWake = ({ ref, oid }: Wake): void => {
    if (ref === planeRef(agent.plane)) hint.give(oid);
  };
  return [
    reporter.run(signal, () => isLeaving.aborted),
    ...(wake === undefined ? [] : [listenForWakes({ ...wake, onWake, log, signal, random })]),
    ...(maintain === undefined ? [] : [keepTidy({ maintain, everyMs: upkeepEveryMs, log, signal })]),
  ];
}
