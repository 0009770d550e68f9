/** Failures that a test asks the in-memory target for. */
import type { Failure } from "./target.ts";

export type MemoryOperation =
  | "readUid"
  | "serves"
  | "apply"
  | "read"
  | "pass"
  | "delete"
  | "list"
  | "readEvents"
  | "readRecord"
  | "writeRecord";

/** A failure that a test asks for: of one operation, on one object where `id` is given, `times` times (default once). */
export type ScriptedFailure = {
  readonly operation: MemoryOperation;
  readonly id?: string;
  readonly times?: number;
  readonly failure: Failure;
};

export class FailureScript {
  readonly #entries: { readonly failure: ScriptedFailure; left: number }[] = [];

  add(failure: ScriptedFailure): void {
    this.#entries.push({ failure, left: failure.times ?? 1 });
  }

  /** The failure that is due for an operation, which is one less to come. */
  take(operation: MemoryOperation, id: string | undefined): Failure | undefined {
    const entry = this.#entries.find(
      ({ failure, left }) =>
        left > 0 && failure.operation === operation && (failure.id === undefined || failure.id === id),
    );
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.failure.failure;
  }
}
