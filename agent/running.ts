/** What the agent's loop is given, and what it works with while it holds its plane. */
import type { Backoff } from "../process/backoff.ts";
import type { Log } from "../process/log.ts";
import type { Doubt } from "./doubt.ts";
import type { DriftGuard } from "./drift/guard.ts";
import type { Observer } from "./observe.ts";
import type { Agent } from "./reconcile.ts";
import type { ReceiptsHead } from "./receipts-head.ts";
import type { Reporter, ReporterOptions } from "./report.ts";
import type { RequestsByVerb } from "./requests.ts";
import type { Tenure } from "./tenure.ts";
import type { WakeOptions } from "./wake.ts";

export type RunOptions = {
  readonly agent: Agent;
  readonly agentVersion: string;
  /** Random per process start. */
  readonly instance: string;
  /** Processes that ran on this volume before. Default: none. */
  readonly predecessors?: ReadonlySet<string>;
  /** Told whenever another process turns out to hold the plane in our place, and when none does any more. */
  readonly onRival?: (instance: string | undefined) => void;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: () => number;
  /** Between looks at the branch; jittered. */
  readonly pollMs: number;
  readonly wake: Pick<WakeOptions, "url" | "authorization"> | undefined;
  /** Requests to the target since the start, for the log. */
  readonly requestsByVerb?: (() => RequestsByVerb) | undefined;
  /** Tidies the local clone. */
  readonly maintain?: (() => Promise<unknown>) | undefined;
  readonly pace?: ReporterOptions["pace"] | undefined;
  readonly retry?: Paces | undefined;
  /** How old the word on what travels between the nodes may be, where the plane requires encryption. Default: ten minutes. */
  readonly encryptionFreshMs?: number | undefined;
};

export type Paces = { readonly soon: Backoff; readonly later: Backoff };

export type Running = RunOptions & {
  readonly observer: Observer;
  readonly guard: DriftGuard;
  readonly receiptsHead: ReceiptsHead;
  readonly reporter: Reporter;
  readonly tenure: Tenure;
  readonly doubt: Doubt;
};
