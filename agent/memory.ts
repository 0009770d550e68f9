/**
 * What this process knows beyond the record: the revisions that it began and that the record does not name, since they added
 * no identity. A process that has just started knows nothing, and doubts every revision between the record's and the newest.
 */
import type { Oid, Repository } from "../git/repository.ts";
import { KnownApprovals } from "./approvals.ts";
import type { RecordKeeper } from "./record.ts";

export class Memory {
  readonly keeper: RecordKeeper;
  readonly approvals = new KnownApprovals();
  #begun: readonly Oid[] | undefined;

  constructor(keeper: RecordKeeper) {
    this.keeper = keeper;
  }

  /** Revisions begun since the record's; undefined when they are not known. */
  get begun(): readonly Oid[] | undefined {
    return this.#begun;
  }

  doubtEverything(): void {
    this.#begun = undefined;
  }

  begin(revision: Oid): void {
    if (this.#begun !== undefined) this.#begun = [...this.#begun.filter((oid) => oid !== revision), revision];
  }

  /** The record says everything again. */
  complete(): void {
    this.#begun = [];
  }
}

const mostDoubtful = 200;

/** The revisions before `to` whose versions may stand in the target; undefined among them: nothing is sure (see desired.ts). */
export async function findDoubtful(
  repository: Repository,
  memory: Memory,
  { from, to }: { readonly from: Oid | undefined; readonly to: Oid },
): Promise<readonly (Oid | undefined)[]> {
  if (memory.begun !== undefined) return memory.begun.filter((oid) => oid !== to);
  if (from === undefined || from === to) return [];
  const between = await repository.log({ from, to, limit: mostDoubtful + 2 });
  const doubtful = between.map(({ oid }) => oid).filter((oid) => oid !== to);
  return doubtful.length > mostDoubtful ? [undefined] : doubtful;
}
