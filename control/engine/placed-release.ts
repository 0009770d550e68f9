/** A rendered Release as the engine keeps it: where it goes and what it is known by. Thousands are kept, so their contents are not. */
import { hashObject, type ObjectFormat } from "../../git/object-id.ts";
import type { Oid } from "../../git/repository.ts";
import type { PlaneId } from "../../schemas/layout.ts";
import type { RenderedRelease } from "../render/render.ts";
import type { Claimed } from "../render/render-routes.ts";

export class PlacedRelease implements RenderedRelease {
  readonly plane: PlaneId;
  readonly path: string;
  /** Hosts and paths that its routes answer. */
  readonly claimed: readonly Claimed[];
  readonly #render: () => RenderedRelease;
  readonly #ids = new Map<ObjectFormat, Oid>();
  #text: string | undefined;

  /** `render` makes it anew, and gives the same as long as what it is made of is the same. */
  constructor(rendered: RenderedRelease, render: () => RenderedRelease) {
    this.plane = rendered.plane;
    this.path = rendered.path;
    this.claimed = rendered.claimed;
    this.#text = rendered.text();
    this.#render = render;
    this.blobId("sha1");
  }

  /** The file of the Release. */
  text(): string {
    return this.#text ?? this.#render().text();
  }

  /** The id of the file's blob (git-hash-object(1)). */
  blobId(format: ObjectFormat): Oid {
    const known = this.#ids.get(format) ?? hashObject(format, "blob", Buffer.from(this.text()));
    this.#ids.set(format, known);
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
}
