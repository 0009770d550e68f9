/** Frozen class documents by `frozenKey`. Of several that say the same the last in file order counts. */
import { compareText } from "../../schemas/compare.ts";
import { organizationOf } from "../../schemas/kinds.ts";
import type { SpecDocument } from "../load/parse.ts";
import { classHash } from "../resolve/class-hash.ts";
import { frozenKey } from "../resolve/resolve.ts";

export class FrozenClasses {
  readonly #byKey = new Map<string, readonly SpecDocument[]>();

  get(key: string): SpecDocument | undefined {
    return this.#byKey.get(key)?.at(-1);
  }

  /** Takes documents out, brings others in, and answers the keys that they have. */
  exchange(gone: readonly SpecDocument[], come: readonly SpecDocument[]): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const document of gone) {
      const key = keyOf(document);
      const others = (this.#byKey.get(key) ?? []).filter((one) => one !== document);
      if (others.length === 0) this.#byKey.delete(key);
      else this.#byKey.set(key, others);
      keys.add(key);
    }
    for (const document of come) {
      const key = keyOf(document);
      const group = [...(this.#byKey.get(key) ?? []), document];
      this.#byKey.set(
        key,
        group.toSorted((a, b) => compareText(a.place.file, b.place.file) || a.place.line - b.place.line),
      );
      keys.add(key);
    }
    return keys;
  }
}

function keyOf({ resource }: SpecDocument): string {
  const { kind, metadata, spec } = resource;
  return frozenKey(kind, { organization: organizationOf(resource), name: metadata.name, hash: classHash(spec) });
}
