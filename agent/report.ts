/**
 * The last step: what the agent did and sees, committed to its receipts branch. Written on change, gathered for a moment, at
 * most about once a second, and as a slow heartbeat. A push that fails never holds anything else up; one that finds the
 * branch elsewhere is redone on top, unless another agent with this identity has taken the plane over (see tenure.ts).
 */
import { isDeepStrictEqual } from "node:util";
import { GitError, type Oid, type Repository } from "../git/repository.ts";
import { type Backoff, backoffDelayMs } from "../process/backoff.ts";
import type { Log } from "../process/log.ts";
import { planeFile, type PlaneId, receiptsRef } from "../schemas/layout.ts";
import type { Hold } from "../schemas/hold.ts";
import type { PlaneReceipt, Receipt } from "../schemas/receipt.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { Bell } from "../process/bell.ts";
import { agentPerson, type Receipts } from "./receipts.ts";
import type { ReceiptsHead } from "./receipts-head.ts";
import type { Tenure } from "./tenure.ts";

export type ReporterOptions = {
  readonly repository: Repository;
  readonly plane: PlaneId;
  readonly agentVersion: string;
  readonly receiptsHead: ReceiptsHead;
  readonly tenure: Tenure;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: () => number;
  readonly pace?: Partial<Pace> | undefined;
};

export type Pace = {
  readonly gatherMs: number;
  readonly shortestGapMs: number;
  readonly heartbeatMs: number;
  readonly retry: Backoff;
  /** How long the last push may take when the program ends. */
  readonly farewellMs: number;
};

const defaultPace: Pace = {
  gatherMs: 150,
  shortestGapMs: 1000,
  heartbeatMs: 15 * 60_000,
  retry: { baseMs: 1000, capMs: 60_000 },
  farewellMs: 3000,
};

/** What the agent says about itself, save what only the reporter knows. */
export type About = Omit<PlaneReceipt, "format" | "agentVersion" | "instance" | "lastSeen" | "term" | "ended" | "asks">;

/** Undefined takes off what was said; what is not named stays. */
export type AboutChange = Partial<Omit<About, "encryption" | "refused" | "holds">> & {
  readonly encryption?: About["encryption"] | undefined;
  readonly refused?: About["refused"] | undefined;
  readonly holds?: About["holds"] | undefined;
};

type Words = { readonly paths: ReadonlySet<string>; readonly told: PlaneReceipt };

const mostConflicts = 5;

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #pace: Pace;
  readonly #receipts: Map<string, Receipt>;
  readonly #bell = new Bell();
  #about: About = { servedApis: [], sequence: 0 };
  #dirty = new Set<string>();
  #isDue = true;
  #hasServedApis = false;
  #isComplete = false;
  #isEnding = false;

  constructor(options: ReporterOptions, receipts: Receipts) {
    this.#options = options;
    this.#pace = { ...defaultPace, ...options.pace };
    this.#receipts = new Map(receipts.byPath);
    if (receipts.plane !== undefined) this.#about = aboutOf(receipts.plane);
  }

  /** Receipts as they are or will be on the branch. */
  get receipts(): ReadonlyMap<string, Receipt> {
    return this.#receipts;
  }

  get appliedRevision(): Oid | undefined {
    return this.#about.appliedRevision;
  }

  get holds(): readonly Hold[] {
    return this.#about.holds ?? [];
  }

  /** Whether the served APIs were told by this process. */
  get hasServedApis(): boolean {
    return this.#hasServedApis;
  }

  /** Whether what stands without this process having applied it was told too. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  complete(): void {
    this.#isComplete = true;
  }

  /** Sets the receipt of a path; undefined removes it. The same again writes nothing. */
  tell(path: string, receipt: Receipt | undefined): void {
    const before = this.#receipts.get(path);
    if (isDeepStrictEqual(before, receipt)) return;
    if (receipt === undefined) this.#receipts.delete(path);
    else this.#receipts.set(path, receipt);
    this.#dirty.add(path);
    this.#ring();
  }

  /** Changes what the agent says about itself. */
  tellAbout(change: AboutChange): void {
    if (change.servedApis !== undefined) this.#hasServedApis = true;
    const { encryption, refused, holds, ...rest } = { ...this.#about, ...change };
    const next: About = {
      ...rest,
      ...(encryption === undefined ? {} : { encryption }),
      ...(refused === undefined ? {} : { refused }),
      ...(holds === undefined || holds.length === 0 ? {} : { holds }),
    };
    if (isDeepStrictEqual(this.#about, next)) return;
    this.#about = next;
    this.#ring();
  }

  /** Somebody waits to hear that this process lives. */
  answer(): void {
    this.#ring();
  }

  /** Writes until aborted, then once more, for a moment: what is due, and if the process leaves, that it did. */
  async run(signal: AbortSignal, isLeaving: () => boolean = () => false): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      await this.#waitUntilDue(signal);
      await pause(this.#pace.gatherMs, signal);
      if (signal.aborted) break;
      const isWritten = await this.#tryWrite(signal);
      failures = isWritten ? 0 : failures + 1;
      const retryMs = backoffDelayMs(this.#pace.retry, failures, this.#options.random);
      await pause(isWritten ? this.#pace.shortestGapMs - this.#pace.gatherMs : retryMs, signal);
    }
    this.#isEnding = isLeaving();
    if (this.#isDue || this.#isEnding) await this.#tryWrite(AbortSignal.timeout(this.#pace.farewellMs));
  }

  /** Something to say, or time for a heartbeat. A ring may be an old one, for what was written already. */
  async #waitUntilDue(signal: AbortSignal): Promise<void> {
    while (!this.#isDue && !signal.aborted) {
      const wasRung = await this.#bell.wait(this.#pace.heartbeatMs, signal);
      if (!wasRung) return;
    }
  }

  #ring(): void {
    this.#isDue = true;
    this.#bell.ring();
  }

  async #tryWrite(signal: AbortSignal): Promise<boolean> {
    const paths = this.#dirty;
    this.#dirty = new Set();
    this.#isDue = false;
    try {
      await this.#write(paths, signal);
      return true;
    } catch (error) {
      for (const path of paths) this.#dirty.add(path);
      this.#isDue = true;
      if (!signal.aborted) this.#options.log.warn({ error }, "receipts cannot be pushed; trying again");
      return false;
    }
  }

  async #write(paths: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { repository, plane, receiptsHead, tenure } = this.#options;
    const ref = receiptsRef(plane);
    let tip = await repository.readRef(ref);
    for (let conflicts = 0; conflicts < mostConflicts; conflicts += 1) {
      // Whoever took the plane over writes its receipts now.
      if (tenure.judge((await receiptsHead.read())?.plane) !== "holds") return;
      const told = this.#planeReceipt();
      const next = await this.#commit(tip, { paths, told });
      const result = await repository.push(ref, { expect: tip, next }, { signal });
      if (result.kind === "pushed") return receiptsHead.note({ tip: next, plane: told });
      if (result.kind === "refused") throw new GitError("failed", `the receipts branch was refused: ${result.reason}`);
      tip = (await repository.fetch([ref], { signal })).get(ref);
    }
    throw new GitError("failed", "the receipts branch keeps moving");
  }

  async #commit(parent: Oid | undefined, { paths, told }: Words): Promise<Oid> {
    const { repository, plane, now } = this.#options;
    const isFirst = parent === undefined;
    const changes = new Map<string, Uint8Array | null>([[planeFile, yaml(told)]]);
    for (const path of isFirst ? this.#receipts.keys() : paths) {
      const receipt = this.#receipts.get(path);
      if (receipt !== undefined) changes.set(path, yaml(receipt));
      else if (!isFirst) changes.set(path, null);
    }
    const agent = agentPerson(plane);
    const message = `Report ${changes.size - 1} Release${changes.size === 2 ? "" : "s"} at ${this.#about.sequence}`;
    const committedAtSeconds = Math.floor(now().getTime() / 1000);
    return await repository.commit({ parent, changes, message, author: agent, committer: agent, committedAtSeconds });
  }

  #planeReceipt(): PlaneReceipt {
    const { agentVersion, now, tenure } = this.#options;
    const { instance, term = 0 } = tenure;
    const lastSeen = now()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
    const ended = this.#isEnding ? ({ ended: true } as const) : {};
    return { format: 1, agentVersion, instance, term, ...ended, ...this.#about, lastSeen };
  }
}

function aboutOf(receipt: PlaneReceipt): About {
  const { servedApis, sequence, clusterUid, appliedRevision, encryption, holds, refused } = receipt;
  return {
    servedApis,
    sequence,
    ...(clusterUid === undefined ? {} : { clusterUid }),
    ...(appliedRevision === undefined ? {} : { appliedRevision }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(holds === undefined ? {} : { holds }),
    ...(refused === undefined ? {} : { refused }),
  };
}

function yaml(value: unknown): Uint8Array {
  return Buffer.from(writeStateYaml(value));
}

/** Waits; ends early and in silence when aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Bell().wait(ms, signal);
}
