/**
 * Reconciles whenever the specs move, and now and then without being told. Pushes that arrive while it works are folded
 * into the next round; a failed round is tried again with backoff.
 */
import { backoffDelayMs } from "../process/backoff.ts";
import { Bell } from "../process/bell.ts";
import type { Log } from "../process/log.ts";
import { planePath } from "../schemas/layout.ts";
import type { Problem } from "../schemas/problem.ts";
import type { Forge } from "./forge.ts";
import { Once } from "./once.ts";
import { placeText } from "./problems/related.ts";
import { Recall } from "./recall.ts";
import { type PlaneResult, reconcile, type ReconcileContext, type Reconciliation } from "./reconcile.ts";

export type ReconcileLoop = {
  readonly forge: Forge;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly pollMs: number;
  /** Given the function that makes the next round begin at once. */
  readonly onWake: (wake: () => void) => void;
};

const backoff = { baseMs: 200, capMs: 30_000 };

/** Returns when aborted, after the round under way. */
export async function runReconcileLoop(loop: ReconcileLoop): Promise<void> {
  const log = loop.log.child({ component: "reconcile" });
  const { forge } = loop;
  const bell = new Bell();
  loop.onWake(() => bell.ring());
  const reporter = new Reporter(forge, log);
  const context: ReconcileContext = {
    specs: forge.specs,
    cache: new Map(),
    recall: new Recall(),
    repositoryOf: forge.planeRepository,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    signal: loop.signal,
  };
  let failures = 0;
  while (!loop.signal.aborted) {
    const clean = await round(context, reporter, log);
    failures = clean ? 0 : failures + 1;
    const waitMs = clean ? loop.pollMs : Math.min(loop.pollMs, backoffDelayMs(backoff, failures - 1, Math.random));
    await bell.wait(waitMs, loop.signal);
  }
}

/** True when nothing is left to be tried again. */
async function round(context: ReconcileContext, reporter: Reporter, log: Log): Promise<boolean> {
  const startedMs = performance.now();
  try {
    const result = await reconcile(context);
    if (result === undefined) return true;
    reporter.report(result, Math.round(performance.now() - startedMs));
    return result.planes.every(({ publication }) => publication.kind !== "failed" && publication.kind !== "superseded");
  } catch (error) {
    if (!context.signal.aborted) log.error({ error }, "could not reconcile");
    return false;
  }
}

/** What a stop of all planes is told under, beside the planes' own names. */
const everything = "*";

/** Tells the log and the listeners what a round did: a Problem or a stop once for each revision, a plane only when it moved. */
class Reporter {
  readonly #forge: Forge;
  readonly #log: Log;
  readonly #once = new Once();
  #shown = new Set<string>();

  constructor(forge: Forge, log: Log) {
    this.#forge = forge;
    this.#log = log;
  }

  report({ revision, problems, stop, planes }: Reconciliation, ms: number): void {
    this.#reportProblems(problems);
    if (stop === undefined) this.#once.isOver(everything);
    else if (this.#once.isNews(everything, `${revision} ${stop}`))
      this.#log.error({ revision, reason: stop }, "nothing is published");
    for (const result of planes) this.#reportPlane(result, revision, ms);
  }

  #reportProblems(problems: readonly Problem[]): void {
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

  #reportPlane({ plane, publication }: PlaneResult, specs: string, ms: number): void {
    const name = planePath(plane);
    switch (publication.kind) {
      case "published":
        this.#forge.announce(plane, publication.revision);
        this.#log.info(
          {
            plane: name,
            specs,
            revision: publication.revision,
            written: publication.written,
            removed: publication.removed,
            ms,
          },
          "published",
        );
        break;
      case "refused":
        if (this.#once.isNews(name, `${specs} ${publication.reason}`))
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
      this.#once.isOver(name);
      for (const [path, reason] of publication.kept) this.#log.debug({ plane: name, path, reason }, "kept");
    }
  }
}
