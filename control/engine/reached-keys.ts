/** Keys of ConfigurationGroups that variables with a secret's name refer to. */
import type { SpecDocument } from "../load/parse.ts";
import { reachedBySecrets } from "../validate/check-secret-values.ts";

export class ReachedKeys {
  /** How many variables refer to each. */
  readonly #counts = new Map<string, number>();

  has(key: string): boolean {
    return this.#counts.has(key);
  }

  /** Takes documents out, brings others in, and answers the keys that came to be reached, or ceased to be. */
  exchange(gone: readonly SpecDocument[], come: readonly SpecDocument[]): ReadonlySet<string> {
    const changed = new Set<string>();
    for (const key of gone.flatMap(reachedBySecrets)) this.#add(key, -1, changed);
    for (const key of come.flatMap(reachedBySecrets)) this.#add(key, 1, changed);
    return changed;
  }

  #add(key: string, by: 1 | -1, changed: Set<string>): void {
    const before = this.#counts.get(key) ?? 0;
    if (before + by === 0) this.#counts.delete(key);
    else this.#counts.set(key, before + by);
    if (before === 0 || before + by === 0) changed.add(key);
  }
}
