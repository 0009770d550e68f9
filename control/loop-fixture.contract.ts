/** For tests: the reconcile loop over a real Git host, and what it says. */
import { openLog } from "../process/log.ts";
import { openHostForge } from "./forge.ts";
import type { Host } from "./host/start-host.ts";
import { type ReconcileLoop, runReconcileLoop } from "./reconcile-loop.ts";

/** Runs the loop; `says` resolves with a line of its log, `lines` are all of them. */
export function startLoop(
  host: Host,
  pollMs: number,
  { machineCommits = "off", memoryFile }: Partial<Pick<ReconcileLoop, "machineCommits" | "memoryFile">> = {},
) {
  const stop = new AbortController();
  const waiting: { wanted: string; tell: () => void }[] = [];
  const lines: string[] = [];
  const announced: string[] = [];
  let wake = (): void => {};
  const log = openLog({
    level: "debug",
    pretty: false,
    write: (line) => {
      lines.push(line);
      for (const one of waiting) if (line.includes(one.wanted)) one.tell();
    },
  });
  const run = async (): Promise<void> => {
    await using forge = await openHostForge({
      specs: host.specs,
      ensurePlaneRepository: (plane) => host.ensurePlaneRepository(plane),
      announce: (ref) => announced.push(ref),
    });
    await runReconcileLoop({
      forge,
      log,
      signal: stop.signal,
      pollMs,
      machineCommits,
      memoryFile,
      onWake: (callback) => (wake = callback),
    });
  };
  const done = run();
  return {
    announced,
    lines,
    wake: () => wake(),
    /** Resolves when a line that is logged from now on holds the text. */
    says: (wanted: string) => new Promise<void>((tell) => waiting.push({ wanted, tell })),
    stop: async () => {
      stop.abort();
      await done;
    },
  };
}

/** Between looks that nobody waits for. */
export const hour = 3_600_000;
