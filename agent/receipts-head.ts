/** What stands at the tip of the receipts branch, as this clone has it; read again only when the branch has moved. */
import { findBlob } from "../git/find-entry.ts";
import type { Oid, Repository } from "../git/repository.ts";
import { planeFile, type PlaneId, receiptsRef } from "../schemas/layout.ts";
import type { PlaneReceipt } from "../schemas/receipt.ts";
import { readPlaneReceipt } from "./receipts.ts";

export type Head = { readonly tip: Oid; readonly plane: PlaneReceipt };

export class ReceiptsHead {
  readonly #repository: Repository;
  readonly #plane: PlaneId;
  #known: Head | undefined;

  constructor(repository: Repository, plane: PlaneId) {
    this.#repository = repository;
    this.#plane = plane;
  }

  /** Undefined when nobody ever wrote there, or nothing that can be read. */
  async read(): Promise<Head | undefined> {
    const tip = await this.#repository.readRef(receiptsRef(this.#plane));
    if (tip === this.#known?.tip) return this.#known;
    this.#known = tip === undefined ? undefined : await this.#readAt(tip);
    return this.#known;
  }

  /** This was written there just now. */
  note(head: Head): void {
    this.#known = head;
  }

  async #readAt(tip: Oid): Promise<Head | undefined> {
    const { tree } = await this.#repository.readCommit(tip);
    const file = await findBlob(this.#repository, tree, planeFile);
    const plane = file === undefined ? undefined : await readPlaneReceipt(this.#repository, file);
    return plane && { tip, plane };
  }
}
