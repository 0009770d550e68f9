/** Everything that cannot be used of the contents as they stand, in file order. */
import { compareText } from "../../schemas/compare.ts";
import type { Content } from "../load/load.ts";
import type { Spoiled } from "../load/spoils.ts";

export class SpoiledContents {
  readonly #byContent = new Map<Content, readonly Spoiled[]>();
  #all: readonly Spoiled[] = [];

  /** The same list as before where none of these contents is spoiled. */
  exchange(gone: readonly Content[], come: readonly Content[]): readonly Spoiled[] {
    for (const content of gone) this.#byContent.delete(content);
    for (const content of come) if (content.spoiled.length > 0) this.#byContent.set(content, content.spoiled);
    if ([...gone, ...come].some(({ spoiled }) => spoiled.length > 0))
      this.#all = [...this.#byContent.values()].flat().toSorted((a, b) => compareText(a.file, b.file));
    return this.#all;
  }
}
