/**
 * What the reconcile loop keeps of Releases from one process to the next: read once at the start, written when much of it has
 * changed and at the end, never in each round. What was recalled is rendered all the same, a few Releases at a time while
 * nothing else is to be done: so what is published comes to be proven, and no push waits for that.
 */
import type { Bell } from "../process/bell.ts";
import type { Log } from "../process/log.ts";
import type { LiveSpecs } from "./engine/live-specs.ts";
import type { MemoryFile } from "./engine/memory-file.ts";
import { ReleaseMemory } from "./engine/release-memory.ts";

/** Changes after which it is written, as a share of all Releases and in any case. */
const worthWriting = { share: 0.1, least: 100 };
/** Releases rendered at once, a few milliseconds' work, and the pause after it, in which a push is heard. */
const proved = { releases: 8, pauseMs: 10 };

export class KeptReleases {
  readonly #file: MemoryFile | undefined;
  readonly #log: Log;
  /** What the file holds, by how often it had changed. */
  #written: { readonly memory: ReleaseMemory; readonly changes: number } | undefined;

  /** Without a file nothing is kept. */
  constructor(file: MemoryFile | undefined, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** What to go on from; empty where nothing was kept. */
  async read(): Promise<ReleaseMemory> {
    const found = await this.#file?.read();
    if (found?.kind === "ignored")
      this.#log.warn(
        { file: this.#file?.path, reason: found.reason },
        "what is kept of earlier Releases is not used; everything is rendered",
      );
    if (found?.kind !== "found") return new ReleaseMemory();
    this.#written = { memory: found.memory, changes: found.memory.changes };
    return found.memory;
  }

  /** Writes where much has changed since, or nothing of it was written yet. */
  async keep(live: LiveSpecs): Promise<void> {
    const { changes, size } = live.memory;
    const since = this.#written?.memory === live.memory ? changes - this.#written.changes : Infinity;
    if (changes > 0 && since >= Math.max(worthWriting.least, size * worthWriting.share)) await this.#write(live);
  }

  /** Writes whatever is not written. */
  async end(live: LiveSpecs): Promise<void> {
    const { memory } = live;
    const written = this.#written?.memory === memory ? this.#written.changes : 0;
    if (memory.changes !== written) await this.#write(live);
  }

  /** Waits for the bell, and proves meanwhile. Ends early where everything is to be made again. */
  async wait(bell: Bell, live: LiveSpecs, until: { readonly ms: number; readonly signal: AbortSignal }): Promise<void> {
    const { ms, signal } = until;
    const endsMs = performance.now() + ms;
    const leftMs = (): number => Math.max(0, endsMs - performance.now());
    while (leftMs() > 0 && !signal.aborted) {
      const proof = live.prove(proved.releases);
      if (proof === "none") break;
      if (proof === "wrong") {
        const fields = { file: this.#file?.path };
        this.#log.error(fields, "what was kept of earlier Releases was wrong; everything is rendered");
        return;
      }
      if (await bell.wait(proved.pauseMs, signal)) return;
    }
    await bell.wait(leftMs(), signal);
  }

  async #write(live: LiveSpecs): Promise<void> {
    if (this.#file === undefined) return;
    const { memory } = live;
    this.#written = { memory, changes: memory.changes }; // a full disk costs the next start time, and this process nothing
    try {
      const isWritten = await this.#file.write(live.remembered());
      if (!isWritten)
        this.#log.warn({ file: this.#file.path }, "there are too many Releases to keep what is known of them");
    } catch (error) {
      this.#log.warn({ error }, "what is known of Releases could not be written");
    }
  }
}
