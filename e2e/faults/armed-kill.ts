/** A kill of a program that strikes once, at a moment that a fault proxy picks. */
import type { TestProcesses } from "../platform/test-processes.ts";

export type ArmedKill = {
  readonly kill: () => void;
  /** From now on it strikes no more; whether it did. What is asked after the work was done is not part of it. */
  readonly disarm: () => boolean;
};

export function armKill(processes: TestProcesses, name: string): ArmedKill {
  let state: "armed" | "struck" | "disarmed" = "armed";
  return {
    kill: () => {
      const pid = processes.pids.get(name);
      if (state !== "armed" || pid === undefined) return;
      state = "struck";
      process.kill(pid, "SIGKILL");
    },
    disarm: () => {
      if (state === "armed") state = "disarmed";
      return state === "struck";
    },
  };
}
