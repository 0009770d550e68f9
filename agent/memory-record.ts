/** The applied record of a target in memory: as text, so that nobody shares it, under a version that grows with each write. */
import type { AppliedRecord } from "../schemas/applied-record.ts";
import type { RecordOutcome, RecordWriteOutcome } from "./target.ts";

export class MemoryRecord {
  #kept: { readonly text: string; readonly version: string } | undefined;

  read(): RecordOutcome {
    if (this.#kept === undefined) return { kind: "absent" };
    const { text, version } = this.#kept;
    return { kind: "found", record: JSON.parse(text) as AppliedRecord, version };
  }

  /** `nextVersion` is called only for a write that goes through. */
  write(record: AppliedRecord, version: string | undefined, nextVersion: () => number): RecordWriteOutcome {
    if (this.#kept?.version !== version) return { kind: "conflict" };
    this.#kept = { text: JSON.stringify(record), version: String(nextVersion()) };
    return { kind: "written", version: this.#kept.version };
  }
}
