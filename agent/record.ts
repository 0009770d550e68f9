/**
 * Keeps the applied record of one target: read once, written by compare-and-swap, forgotten when a write did not go through
 * for sure. A record that cannot be read is not an absent one; then nothing is done at all.
 */
import { isDeepStrictEqual } from "node:util";
import type { Oid } from "../git/repository.ts";
import { type AppliedRecord, emptyRecord } from "../schemas/applied-record.ts";
import type { Failure, RecordWriteOutcome, Target } from "./target.ts";

export type Loaded = {
  readonly kind: "loaded";
  readonly record: AppliedRecord;
  /** Read just now rather than remembered: what was begun since by somebody else is not known. */
  readonly isFresh: boolean;
};

/** How an object that runs once ended. */
export type Finished = AppliedRecord["finished"][string];

/** Some two hundred kilobytes; the oldest go first, and an object that is that old is hardly in a Release any more. */
const mostFinished = 2000;

/** A record in place of a lost one, from the receipts of this very cluster; undefined when they cannot tell. */
export type StandIn = (clusterUid: string) => Promise<AppliedRecord | undefined>;

export class RecordKeeper {
  readonly #target: Target;
  readonly #standIn: StandIn;
  #known: { readonly record: AppliedRecord; readonly version: string | undefined } | undefined;
  /** Whether what is known was read since anybody loaded it. */
  #isFresh = false;
  #clusterUid: string | undefined;
  /** Oldest first. */
  #finished = new Map<string, Finished>();
  /** Ids of `#finished` that no written record holds. */
  readonly #unwritten = new Set<string>();

  constructor(target: Target, standIn: StandIn) {
    this.#target = target;
    this.#standIn = standIn;
  }

  /** The record as last known, with what has ended since; asks the target only when it is not known. */
  async load(signal: AbortSignal): Promise<Loaded | Failure> {
    const failure = await this.#read(signal);
    if (failure !== undefined || this.#known === undefined) return failure ?? unread;
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    return { kind: "loaded", record: { ...this.#known.record, finished: Object.fromEntries(this.#finished) }, isFresh };
  }

  /** An object that runs once has ended. Whether that is news. */
  note(id: string, finished: Finished): boolean {
    if (isDeepStrictEqual(this.#finished.get(id), finished)) return false;
    this.#keep(id, finished);
    this.#unwritten.add(id);
    return true;
  }

  /** How it ended, also when it is gone by now; undefined when it has not, as far as anybody saw. */
  finishedOf(id: string): Finished | undefined {
    return this.#finished.get(id);
  }

  /** Writes what was noted, unless a record written since holds it. What fails is tried again by the next call. */
  async flush(signal: AbortSignal): Promise<RecordWriteOutcome | undefined> {
    if (this.#unwritten.size === 0) return undefined;
    const failure = await this.#read(signal);
    if (failure !== undefined || this.#known === undefined) return failure;
    return await this.write(this.#known.record, signal);
  }

  /** Next time the target is asked again. What has ended is still known. */
  forget(): void {
    this.#known = undefined;
  }

  /** Whether the target still holds, after that moment, the very record that is known; `same` when none is. */
  async compare(
    signal: AbortSignal,
    sinceMs: number,
  ): Promise<{ readonly kind: "same" } | { kind: "another"; reason: string } | Failure> {
    if (this.#known === undefined) return { kind: "same" };
    const { record, version } = this.#known;
    if (version !== undefined && (await this.#target.isRecordAt(version, { signal, sinceMs }))) return { kind: "same" };
    const identity = await this.#target.readUid({ signal });
    if (identity.kind === "failed") return identity;
    if (identity.uid !== record.clusterUid) return { kind: "another", reason: `its identity is ${identity.uid} now` };
    const found = await this.#target.readRecord({ signal });
    if (found.kind === "failed") return found;
    const now = found.kind === "found" ? found.version : undefined;
    return now === version ? { kind: "same" } : { kind: "another", reason: "its applied record is another one now" };
  }

  async #read(signal: AbortSignal): Promise<Failure | undefined> {
    if (this.#known !== undefined) return undefined;
    const identity = await this.#target.readUid({ signal });
    if (identity.kind === "failed") return identity;
    // What ended in another cluster, this one's predecessor under its address, did not end here.
    if (this.#clusterUid !== undefined && this.#clusterUid !== identity.uid) this.#finished = new Map();
    this.#clusterUid = identity.uid;
    const found = await this.#target.readRecord({ signal });
    if (found.kind === "failed") return found;
    if (found.kind === "found" && found.record.clusterUid === identity.uid) {
      this.#remember({ record: found.record, version: found.version });
      return undefined;
    }
    if (found.kind === "found") {
      // Of another cluster, say one that was rebuilt from a backup: nothing in it is true here.
      this.#remember({ record: emptyRecord(identity.uid), version: found.version });
      return undefined;
    }
    const record = (await this.#standIn(identity.uid)) ?? emptyRecord(identity.uid);
    this.#remember({ record, version: undefined });
    return undefined;
  }

  /** Writes the record, with everything that has ended. After anything but `written` the next load asks the target again. */
  async write(record: AppliedRecord, signal: AbortSignal): Promise<RecordWriteOutcome> {
    const version = this.#known?.version;
    this.#known = undefined;
    const finished = new Map(this.#finished);
    const whole = { ...record, finished: Object.fromEntries(finished) };
    const outcome = await this.#target.writeRecord(whole, { version, signal });
    if (outcome.kind !== "written") return outcome;
    this.#known = { record: whole, version: outcome.version };
    for (const id of this.#unwritten) {
      if (finished.get(id) === this.#finished.get(id)) this.#unwritten.delete(id);
    }
    return outcome;
  }

  #remember(known: { readonly record: AppliedRecord; readonly version: string | undefined }): void {
    this.#known = known;
    this.#isFresh = true;
    const noted = this.#finished;
    this.#finished = new Map(Object.entries(known.record.finished));
    for (const [id, finished] of noted) this.#keep(id, finished);
  }

  #keep(id: string, finished: Finished): void {
    this.#finished.delete(id);
    this.#finished.set(id, finished);
    for (const oldest of this.#finished.keys()) {
      if (this.#finished.size <= mostFinished) return;
      this.#finished.delete(oldest);
    }
  }
}

const unread: Failure = { kind: "failed", class: "transient", reason: "the applied record was not read" };

/** The record before the first effect of a revision that may bring new objects into being. */
export function widenRecord(record: AppliedRecord, revision: Oid): AppliedRecord {
  if (record.begun.includes(revision)) return record;
  return { ...record, begun: [...record.begun, revision] };
}

export type Completion = {
  readonly revision: Oid;
  readonly sequence: number;
  readonly exceptions: AppliedRecord["exceptions"];
  readonly completed?: Record<string, Oid>;
};

/** The record after every path of a revision was brought to an end. */
export function narrowRecord(record: AppliedRecord, completion: Completion): AppliedRecord {
  const { completed: _, ...rest } = record;
  return { ...rest, ...completion, begun: [] };
}
