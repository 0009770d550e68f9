/** A Release as the engine keeps it: where it goes and what it is known by. Thousands are kept, so their contents are not. */
import { hashObject, type ObjectFormat } from "../../git/object-id.ts";
import type { Oid } from "../../git/repository.ts";
import type { PlaneId } from "../../schemas/layout.ts";
import type { ReleasePlace, RenderedRelease } from "../render/render.ts";
import type { Claimed } from "../render/claimed.ts";
import type { KnownBlob } from "./release-memory.ts";

export class PlacedRelease implements RenderedRelease {
  readonly plane: PlaneId;
  readonly path: string;
  /** What its routes answer. */
  readonly claimed: readonly Claimed[];
  readonly blob: KnownBlob;
  readonly #render: () => RenderedRelease;
  #text: string | undefined;

  /**
   * `render` makes it anew, and gives the same as long as what it is made of is the same. `known` is its text, or what its
   * blob is said to be, which counts until the text is asked for.
   */
  constructor(
    { plane, path, claimed }: ReleasePlace,
    render: () => RenderedRelease,
    known: { readonly text: string } | { readonly blob: KnownBlob },
  ) {
    this.plane = plane;
    this.path = path;
    this.claimed = claimed;
    this.#render = render;
    this.#text = "text" in known ? known.text : undefined;
    this.blob = "text" in known ? { ids: new Map(), isProven: true } : known.blob;
    this.blobId("sha1");
  }

  /** The file of the Release. */
  text(): string {
    if (this.#text !== undefined) return this.#text;
    const text = this.#render().text();
    if (!this.blob.isProven) this.#prove(text);
    return text;
  }

  /** The id of the file's blob (git-hash-object(1)). */
  blobId(format: ObjectFormat): Oid {
    const known = this.blob.ids.get(format) ?? hashObject(format, "blob", this.text());
    this.blob.ids.set(format, known);
    return known;
  }

  get release(): RenderedRelease["release"] {
    return this.#render().release;
  }

  get manifests(): RenderedRelease["manifests"] {
    return this.#render().manifests;
  }

  /** Until it is asked for again, the text takes no memory. */
  forgetText(): void {
    this.#text = undefined;
  }

  #prove(text: string): void {
    const { ids } = this.blob;
    for (const format of ids.keys()) ids.set(format, hashObject(format, "blob", text));
    this.blob.isProven = true;
  }
}
