/**
 * Reconciles whenever the specs move, and now and then without being told. Pushes that arrive while it works are folded
 * into the next round; a failed round is tried again with backoff.
 */
import { backoffDelayMs } from "../process/backoff.ts";
import { Bell } from "../process/bell.ts";
import type { Log } from "../process/log.ts";
import { planePath, specsRef } from "../schemas/layout.ts";
import type { Problem } from "../schemas/problem.ts";
import { LiveSpecs } from "./engine/live-specs.ts";
import type { MemoryFile } from "./engine/memory-file.ts";
import type { Forge } from "./forge.ts";
import { KeptReleases } from "./kept-releases.ts";
import { Once } from "./once.ts";
import { placeText } from "./problems/related.ts";
import type { MachineCommitMode } from "./machine-commit/commit-edits.ts";
import { PlaneBranches } from "./publish/plane-branch.ts";
import { type PlaneResult, reconcile, type ReconcileContext, type Reconciliation } from "./reconcile.ts";
import type { RoundCounts } from "./round-counts.ts";

export type ReconcileLoop = {
  readonly forge: Forge;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly pollMs: number;
  readonly machineCommits: MachineCommitMode;
  /** Where what is known of Releases is kept for the next process. */
  readonly memoryFile?: MemoryFile | undefined;
  /** Given the function that makes the next round begin at once. */
  readonly onWake: (wake: () => void) => void;
  /** Called after each round, and waited for; must not throw. */
  readonly onRound?: (round: Round) => Promise<void>;
};

/** `idle`: there are no specs yet. */
export type Round = { readonly ms: number } & (
  | { readonly kind: "idle" | "failed" }
  | { readonly kind: "reconciled"; readonly reconciliation: Reconciliation }
);

const shownPaths = 20;
const mostTold = 1000;
const awaitingMs = 2000;
const backoff = { baseMs: 200, capMs: 30_000 };

/** Returns when aborted, after the round under way. */
export async function runReconcileLoop(loop: ReconcileLoop): Promise<void> {
  const log = loop.log.child({ component: "reconcile" });
  const { forge } = loop;
  const bell = new Bell();
  loop.onWake(() => bell.ring());
  const reporter = new Reporter(log);
  const kept = new KeptReleases(loop.memoryFile, log);
  const context: ReconcileContext = {
    specs: forge.specs,
    live: new LiveSpecs(forge.specs, await kept.read()),
    branches: new PlaneBranches(forge.planeRepository),
    onPublished: forge.announce,
    settled: {},
    machineCommits: loop.machineCommits,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    signal: loop.signal,
  };
  let failures = 0;
  while (!loop.signal.aborted) {
    const done = await round(context, reporter, log);
    await loop.onRound?.(done);
    await kept.keep(context.live);
    const outcome = outcomeOf(done);
    if (outcome === "moved") continue;
    failures = outcome === "clean" ? 0 : failures + 1;
    const retryMs = Math.min(loop.pollMs, backoffDelayMs(backoff, failures - 1, Math.random));
    const cleanMs = isAwaiting(done) ? Math.min(loop.pollMs, awaitingMs) : loop.pollMs;
    const ms = outcome === "clean" ? cleanMs : retryMs;
    await kept.wait(bell, context.live, { ms, signal: loop.signal });
  }
  await kept.end(context.live);
}

async function round(context: ReconcileContext, reporter: Reporter, log: Log): Promise<Round> {
  const startedMs = performance.now();
  const sinceMs = (): number => Math.round(performance.now() - startedMs);
  try {
    const reconciliation = await reconcile(context);
    const ms = sinceMs();
    if (reconciliation === undefined) return { kind: "idle", ms };
    reporter.report(reconciliation, ms);
    return { kind: "reconciled", reconciliation, ms };
  } catch (error) {
    if (!context.signal.aborted) log.error({ error }, "could not reconcile");
    return { kind: "failed", ms: sinceMs() };
  }
}

/** `moved`: the specs stand elsewhere now. `failed`: something is left to be tried again. */
type Outcome = "clean" | "moved" | "failed";

function outcomeOf(round: Round): Outcome {
  if (round.kind !== "reconciled") return round.kind === "idle" ? "clean" : "failed";
  const { planes, deployed } = round.reconciliation;
  if (planes.some(({ publication }) => publication.kind === "failed")) return "failed";
  const isOvertaken = planes.some(({ publication }) => publication.kind === "superseded");
  const isMoved = deployed?.kind === "overtaken" || (deployed?.kind === "committed" && deployed.ref === specsRef);
  return isOvertaken || isMoved ? "moved" : "clean";
}

/** Whether a plane waits for what another plane's agent says, which rings no bell here. */
function isAwaiting(round: Round): boolean {
  if (round.kind !== "reconciled") return false;
  return round.reconciliation.planes.some(
    ({ publication }) =>
      (publication.kind === "published" || publication.kind === "unchanged") && publication.isAwaiting === true,
  );
}

/** What a stop of all planes is told under, beside the planes' own names. */
const everything = "*";

/** Tells the log what a round did: a Problem or a stop once for each revision, a plane only when it moved. */
class Reporter {
  readonly #log: Log;
  readonly #lasting = new Once();
  #hasReported = false;
  #shown = new Set<string>();
  #ofSpecs: readonly Problem[] = [];
  #ofDeployed: readonly Problem[] = [];
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  report({ revision, problems, stop, planes, deployed, counts }: Reconciliation, ms: number): void {
    this.#reportProblems(problems, deployed?.problems ?? this.#ofDeployed);
    if (stop === undefined) this.#lasting.isOver(everything);
    else if (this.#lasting.isNews(everything, `${revision} ${stop}`))
      this.#log.error({ revision, reason: stop }, "nothing is published");
    for (const result of planes) this.#reportPlane(result, { specs: revision, counts, ms });
    if (deployed !== undefined) this.#reportDeployed(deployed, revision);
    if (!this.#hasReported) this.#log.info({ specs: revision, counts, ms }, "the first round is done");
    this.#hasReported = true;
  }

  #reportDeployed(deployed: NonNullable<Reconciliation["deployed"]>, cause: string): void {
    if (deployed.kind === "committed") {
      const { ref, revision, paths } = deployed;
      const fields = { ref, revision, cause, files: paths.length, paths: paths.slice(0, shownPaths) };
      this.#log.info(fields, "committed what auto-deploy placed");
    }
    if (deployed.kind === "stopped") this.#once(`stopped ${deployed.reason}`, deployed.reason, { cause });
    for (const { path, reason } of deployed.refused) this.#once(`${path} ${reason}`, reason, { path });
  }

  #once(key: string, reason: string, fields: object): void {
    if (this.#told.has(key)) return;
    if (this.#told.size >= mostTold) this.#told.clear();
    this.#told.add(key);
    this.#log.warn({ ...fields, reason }, "auto-deploy could not commit");
  }

  /** What was found of the specs, and of what auto-deploy may not write; told once while it lasts. */
  #reportProblems(ofSpecs: readonly Problem[], ofDeployed: readonly Problem[]): void {
    if (ofSpecs === this.#ofSpecs && ofDeployed === this.#ofDeployed) return;
    this.#ofSpecs = ofSpecs;
    this.#ofDeployed = ofDeployed;
    const problems = [...ofSpecs, ...ofDeployed];
    const now = new Set(problems.map((problem) => JSON.stringify(problem)));
    for (const { place, code, message, severity, remedy, related = [] } of problems.filter(
      (problem) => !this.#shown.has(JSON.stringify(problem)),
    )) {
      const at = `${placeText(place)}:${place.column}`;
      const others = related.map((other) => `${placeText(other.place)}: ${other.message}`);
      const fields = { at, code, remedy, ...(others.length === 0 ? {} : { related: others }) };
      this.#log[severity === "error" ? "warn" : "info"](fields, message);
    }
    this.#shown = now;
  }

  /** What is said of the round is of all of its planes. */
  #reportPlane(
    { plane, publication }: PlaneResult,
    { specs, ...round }: { readonly specs: string; readonly counts: RoundCounts; readonly ms: number },
  ): void {
    const name = planePath(plane);
    switch (publication.kind) {
      case "published":
        this.#log.info(
          {
            plane: name,
            specs,
            revision: publication.revision,
            written: publication.written,
            removed: publication.removed,
            ...round,
          },
          "published",
        );
        break;
      case "refused":
        if (this.#lasting.isNews(name, `${specs} ${publication.reason}`))
          this.#log.error({ plane: name, specs, reason: publication.reason }, "not published");
        break;
      case "failed":
        this.#log.error({ plane: name, specs, error: publication.error }, "could not publish");
        break;
      case "superseded":
        this.#log.debug({ plane: name, specs }, "superseded by newer specs");
        break;
      case "unchanged":
        break;
    }
    if (publication.kind === "published" || publication.kind === "unchanged") {
      this.#lasting.isOver(name);
      for (const [path, reason] of publication.kept) this.#log.debug({ plane: name, path, reason }, "kept");
    }
  }
}
