/** What `npm run bench` can measure. A workload is one entry here; it says what was measured and judges nothing. */
import type { Measured } from "./figure.ts";
import { agentWorkloads } from "./agent-workloads.ts";
import { engineWorkloads } from "./engine-workloads.ts";
import { objectWorkloads } from "./object-workloads.ts";
import { offlineWorkloads } from "./offline-workloads.ts";

export type Measurement = { readonly measured: readonly Measured[]; readonly composition: string };

export type Workload = {
  readonly name: string;
  readonly description: string;
  /** How long one run of the measured program may take before it is stopped. */
  readonly limitSeconds: number;
  /** Throws when what it measures does not do its work. `say` is for a person who waits. */
  readonly measure: (context: {
    readonly say: (line: string) => void;
    readonly signal: AbortSignal;
  }) => Promise<Measurement>;
};

export const workloads: readonly Workload[] = [
  ...offlineWorkloads,
  ...engineWorkloads,
  ...objectWorkloads,
  ...agentWorkloads,
];
