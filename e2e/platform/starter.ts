/** What starts our programs: a ProcessGroup for `npm start`, a TestProcesses for tests that kill them. */
import type { Program } from "../clusters/process-group.ts";

export type Starter = {
  readonly start: (program: Program) => Promise<void>;
  /** Program name to process id, of those that run. */
  readonly pids: ReadonlyMap<string, number>;
  /** Aborted when a program ended that should not have. */
  readonly ended: AbortSignal;
};
