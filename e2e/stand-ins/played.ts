/**
 * What is played in a test because it cannot run here. A suite says it as an option, and the summary of a run names it beside the
 * tests that passed with it (see case-reporter.ts):
 *
 *     describe("…", played("External Secrets"), () => {…});
 */
declare module "vitest" {
  interface TaskMeta {
    standIns?: readonly StandIn[];
  }
}

/** By what is played: what plays it. */
export const standIns = {
  "External Secrets": "the test makes the Secrets that ExternalSecrets ask for, and writes their status",
  Cilium: "the test writes cilium-config and the CiliumNodes",
  "pods behind Services": "processes that listen at the Services' addresses",
  "identity provider": "a process with keys of its own, which the real Envoy fetches",
  kubelet: "the test writes the status of pods, or runs the agent's Pod as a process",
  controllers: "the test writes what controllers would say in status",
} as const;

export type StandIn = keyof typeof standIns;

export function played(...names: readonly [StandIn, ...StandIn[]]): { readonly meta: { standIns: StandIn[] } } {
  return { meta: { standIns: [...names] } };
}
