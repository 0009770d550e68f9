/**
 * What was read of blobs of the state repository. A blob's id says its content, so what is kept of one holds for ever; only
 * what the last look used is kept on. Dropping it costs time only.
 */
import type { Oid, Repository } from "../../git/repository.ts";
import { Receipt } from "../../schemas/receipt.ts";
import { Release } from "../../schemas/release.ts";
import { readStateYaml } from "../../schemas/state-yaml.ts";
import { imagesOf } from "../images-of.ts";
import { type ReceiptFacts, receiptFacts } from "./receipt-facts.ts";

export type KnownFacts = {
  readonly images: readonly (readonly [Oid, readonly string[]])[];
  readonly receipts: readonly (readonly [Oid, ReceiptFacts])[];
};

export class BlobFacts {
  #images: Map<Oid, readonly string[]>;
  #receipts: Map<Oid, ReceiptFacts>;
  #usedImages = new Map<Oid, readonly string[]>();
  #usedReceipts = new Map<Oid, ReceiptFacts>();

  constructor(known: KnownFacts = { images: [], receipts: [] }) {
    this.#images = new Map(known.images);
    this.#receipts = new Map(known.receipts);
  }

  /** Images of a Release; none of a file that is no Release. `rendered` is the same Release where it is at hand. */
  async imagesOf(oid: Oid, rendered: HasRelease | undefined, state: Repository): Promise<readonly string[]> {
    const known = this.#images.get(oid);
    const images = known ?? (rendered === undefined ? await readImages(oid, state) : imagesOf(rendered.release));
    this.#usedImages.set(oid, images);
    return images;
  }

  /** Undefined for a file that is no receipt. */
  async receiptOf(oid: Oid, state: Repository): Promise<ReceiptFacts | undefined> {
    const known = this.#receipts.get(oid) ?? (await readFacts(oid, state));
    if (known !== undefined) this.#usedReceipts.set(oid, known);
    return known;
  }

  /** What was asked for since the last call, and from now on all that is known. */
  settle(): KnownFacts {
    [this.#images, this.#receipts] = [this.#usedImages, this.#usedReceipts];
    [this.#usedImages, this.#usedReceipts] = [new Map(), new Map()];
    return { images: [...this.#images], receipts: [...this.#receipts] };
  }
}

/** Asked for its Release only when that is needed: it may be rendered for it. */
type HasRelease = { readonly release: Release };

async function readImages(oid: Oid, state: Repository): Promise<readonly string[]> {
  const release = Release.safeParse(await readYaml(oid, state));
  return release.success ? imagesOf(release.data) : [];
}

async function readFacts(oid: Oid, state: Repository): Promise<ReceiptFacts | undefined> {
  const receipt = await readReceipt(oid, state);
  return receipt === undefined ? undefined : receiptFacts(receipt);
}

/** Undefined for a file that is no receipt. */
export async function readReceipt(oid: Oid, state: Repository): Promise<Receipt | undefined> {
  return Receipt.safeParse(await readYaml(oid, state)).data;
}

/** Undefined for what is no YAML of ours; throws GitError when it cannot be read. */
export async function readYaml(oid: Oid, state: Repository): Promise<unknown> {
  const bytes = await state.readBlob(oid);
  try {
    return readStateYaml(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined; // not YAML: shown as not reported
  }
}
