/**
 * Keeps the applied record of one target: read once, written by compare-and-swap, forgotten when a write did not go through
 * for sure. A record that cannot be read is not an absent one; then nothing is done at all.
 */
import type { Oid } from "../git/repository.ts";
import { type AppliedRecord, emptyRecord } from "../schemas/applied-record.ts";
import type { Failure, RecordWriteOutcome, Target } from "./target.ts";

export type Loaded = {
  readonly kind: "loaded";
  readonly record: AppliedRecord;
  /** Read just now rather than remembered: what was begun since by somebody else is not known. */
  readonly isFresh: boolean;
};

/** A record in place of a lost one, from the receipts of this very cluster; undefined when they cannot tell. */
export type StandIn = (clusterUid: string) => Promise<AppliedRecord | undefined>;

export class RecordKeeper {
  readonly #target: Target;
  readonly #standIn: StandIn;
  #known: { readonly record: AppliedRecord; readonly version: string | undefined } | undefined;

  constructor(target: Target, standIn: StandIn) {
    this.#target = target;
    this.#standIn = standIn;
  }

  /** The record as last known; asks the target only when it is not known. */
  async load(signal: AbortSignal): Promise<Loaded | Failure> {
    if (this.#known !== undefined) {
      return { kind: "loaded", record: this.#known.record, isFresh: false };
    }
    const identity = await this.#target.readUid({ signal });
    if (identity.kind === "failed") return identity;
    const found = await this.#target.readRecord({ signal });
    if (found.kind === "failed") return found;
    if (found.kind === "found" && found.record.clusterUid === identity.uid) {
      return this.#remember({ record: found.record, version: found.version });
    }
    if (found.kind === "found") {
      // Of another cluster, say one that was rebuilt from a backup: nothing in it is true here.
      return this.#remember({ record: emptyRecord(identity.uid), version: found.version });
    }
    const record = (await this.#standIn(identity.uid)) ?? emptyRecord(identity.uid);
    return this.#remember({ record, version: undefined });
  }

  /** Writes the record. After anything but `written` the next load asks the target again. */
  async write(record: AppliedRecord, signal: AbortSignal): Promise<RecordWriteOutcome> {
    const version = this.#known?.version;
    this.#known = undefined;
    const outcome = await this.#target.writeRecord(record, { version, signal });
    if (outcome.kind === "written") this.#known = { record, version: outcome.version };
    return outcome;
  }

  #remember(known: { readonly record: AppliedRecord; readonly version: string | undefined }): Loaded {
    this.#known = known;
    return { kind: "loaded", record: known.record, isFresh: true };
  }
}

/** The record before the first effect of a revision that may bring new objects into being. */
export function widenRecord(record: AppliedRecord, revision: Oid): AppliedRecord {
  if (record.begun.includes(revision)) return record;
  return { ...record, begun: [...record.begun, revision] };
}

export type Completion = {
  readonly revision: Oid;
  readonly sequence: number;
  readonly exceptions: AppliedRecord["exceptions"];
};

/** The record after every path of a revision was brought to an end. */
export function narrowRecord(record: AppliedRecord, completion: Completion): AppliedRecord {
  return { ...record, ...completion, begun: [] };
}
