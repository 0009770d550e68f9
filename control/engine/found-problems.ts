/** What everything that can have Problems says, and all of it as people read it: in file order, each mistake once. */
import { isDeepStrictEqual } from "node:util";
import { type Problem, shortenSentences, sortProblems } from "../../schemas/problem.ts";
import { onceAFile } from "../validate/check-organization.ts";

export class FoundProblems {
  readonly #bySubject = new Map<unknown, readonly Problem[]>();
  #all: readonly Problem[] | undefined;

  of(subject: unknown): readonly Problem[] {
    return this.#bySubject.get(subject) ?? [];
  }

  /** Instead of what the subject said before; nothing for one that is gone. */
  set(subject: unknown, problems: readonly Problem[]): void {
    if (isDeepStrictEqual(this.of(subject), problems)) return;
    this.#all = undefined;
    if (problems.length > 0) this.#bySubject.set(subject, problems);
    else this.#bySubject.delete(subject);
  }

  /** The same list again for as long as nobody says anything else. */
  get all(): readonly Problem[] {
    this.#all ??= dedupe(onceAFile(sortProblems([...this.#bySubject.values()].flat())));
    return this.#all;
  }
}

/** The same mistake seen from two environments is one mistake. */
function dedupe(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.map(shortenSentences).filter(({ place, code, message }) => {
    const key = JSON.stringify([place.file, place.line, place.column, code, message]);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
