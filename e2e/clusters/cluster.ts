/** A running Kubernetes cluster, wherever it came from. */

import type { ProgramName } from "./programs.ts";

export type Cluster = {
  readonly name: string;
  /** Readable by us alone when we wrote it; it names one cluster and one administrator. */
  readonly kubeconfigPath: string;
  readonly serverUrl: string;
  /** Where the programs' logs are, `<program>.log`; undefined when the programs are not ours. */
  readonly logsDir: string | undefined;
  /** Where the API server's audit events are, one JSON object a line; undefined when not asked for or not to be had. */
  readonly auditLogPath: string | undefined;
  /** Process ids of the programs that run, for tests that stop or kill them; empty when they are not ours. */
  readonly processes: ReadonlyMap<string, number>;
  /** Aborted, with a ClusterError, when the first program ends that was not asked to; never when they are not ours. */
  readonly ended: AbortSignal;
  /** Kills one program and starts it again with its data and its port; throws `program-exited` when it is not ours. */
  readonly restart: (program: ProgramName) => Promise<void>;
  /** What the boot took, in order, each from its start. */
  readonly bootPhases: readonly BootPhase[];
  /** Stops what we started. The folder stays, so the same data can be booted again. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** `api-server`: etcd and the API server only, which store what they are given and do nothing about it. */
export type ClusterExtent = "whole" | "api-server";

export type BootPhase = { readonly phase: string; readonly elapsedMs: number };
