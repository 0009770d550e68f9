/** `gitplane status --watch` as a process: the fleet as the user's own command sees it, event by event. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";
import { sleep } from "../../process/backoff.ts";
import { programEnvironment, sourcePath } from "./node-program.ts";

const restartPauseMs = 500;

const Plane = z.looseObject({
  kind: z.literal("plane"),
  plane: z.string(),
  sequence: z.number(),
  appliedSequence: z.number(),
  health: z.string(),
  releases: z.number(),
  reason: z.string().exactOptional(),
  gone: z.boolean().exactOptional(),
});
const Release = z.looseObject({
  kind: z.literal("release"),
  plane: z.string(),
  project: z.string().exactOptional(),
  environment: z.string().exactOptional(),
  /** Absent for a Cell, and for what a plane itself brings. */
  component: z.string().exactOptional(),
  /** What a plane itself brings. */
  platform: z.string().exactOptional(),
  images: z.array(z.string()),
  state: z.string(),
  health: z.string(),
  reason: z.string().exactOptional(),
  gone: z.boolean().exactOptional(),
});
const Problem = z.looseObject({
  kind: z.literal("problem"),
  code: z.string(),
  severity: z.string(),
  message: z.string(),
  place: z.object({ file: z.string(), line: z.number(), column: z.number() }),
  gone: z.boolean().exactOptional(),
});
const FleetEvent = z.discriminatedUnion("kind", [Plane, Release, Problem]);
export type FleetEvent = z.infer<typeof FleetEvent>;

/** Events until aborted; starts the command again should it end by itself, so the same thing may be told twice. */
export async function* watchFleet(
  controlDataDir: string,
  signal: AbortSignal,
): AsyncGenerator<FleetEvent, void, undefined> {
  while (!signal.aborted) {
    const child = spawn(
      process.execPath,
      [sourcePath("control/main.ts"), "status", "--watch", "--output", "ndjson", "--data", controlDataDir],
      {
        env: { ...programEnvironment(), GITPLANE_EXIT_WITH_STDIN: "yes" },
        stdio: ["pipe", "pipe", "ignore"],
        detached: true,
      },
    );
    const stop = (): void => void child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        if (signal.aborted) break;
        yield FleetEvent.parse(JSON.parse(line));
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
    await sleep(restartPauseMs, signal).catch(() => undefined);
  }
}

/** The fleet as told by events so far. */
export class FleetView {
  readonly #planes = new Map<string, z.infer<typeof Plane>>();
  readonly #releases = new Map<string, z.infer<typeof Release>>();

  add(event: FleetEvent): void {
    if (event.kind === "plane") put(this.#planes, event.plane, event);
    if (event.kind === "release")
      put(
        this.#releases,
        [event.plane, event.project, event.environment, event.component, event.platform].join("/"),
        event,
      );
  }

  /** True when every plane applied what was rendered for it and every Release, all of them told by now, is healthy. */
  isSettled(planeCount: number): boolean {
    const planes = [...this.#planes.values()];
    return (
      planes.length >= planeCount &&
      planes.every(({ sequence, appliedSequence }) => sequence > 0 && appliedSequence >= sequence) &&
      planes.reduce((sum, { releases }) => sum + releases, 0) === this.releaseCount &&
      [...this.#releases.values()].every(isAtRest)
    );
  }

  /** Releases, without Cells, that nothing more will happen to. */
  get settledCount(): number {
    return [...this.#releases.values()].filter((release) => !isCell(release) && isAtRest(release)).length;
  }

  /** Releases, without Cells. */
  get releaseCount(): number {
    return [...this.#releases.values()].filter((release) => !isCell(release)).length;
  }
}

function put<Row extends { readonly gone?: boolean }>(rows: Map<string, Row>, key: string, row: Row): void {
  if (row.gone === true) rows.delete(key);
  else rows.set(key, row);
}

function isCell({ component, platform }: z.infer<typeof Release>): boolean {
  return component === undefined && platform === undefined;
}

/** Nothing more will happen to it by itself: it runs as it should, or waits for a person. */
function isAtRest(release: z.infer<typeof Release>): boolean {
  const { state, health } = release;
  if (state === "held" || state === "not rendered") return true;
  return state === "applied" && (health === "Healthy" || health === "Suspended" || isCell(release));
}
