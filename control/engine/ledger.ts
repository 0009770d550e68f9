/**
 * Who asked what. What is made of the specs writes down the questions that it asked on the way (build systems call this a
 * trace); when answers change, those who asked for them, and nobody else, are due to be made again. So the cost of a change
 * follows what depends on it, and a layer of things that nothing touched costs nothing, whatever its size.
 */

import type { Lookup } from "../validate/lookup.ts";

/** A question by its name; what stands between the words of a name is no part of any word. */
export type Question = string;

type Asked = { readonly question: Question; readonly askers: Set<Asker> };

/** Something that was made, as its questions see it. */
export type Asker = {
  /** Called when an answer has changed. Not called again until it was made anew. */
  readonly onChange: () => void;
  asked: readonly Asked[];
  spoilsAnswers: readonly SpoilsAnswer[];
};

/** A question about what could not be used, with its answer: it is put again when that has changed. */
export type SpoilsAnswer = { readonly ask: (spoils: Lookup["spoils"]) => unknown; readonly answer: unknown };

/** Asked by everything that asked what could not be used. */
export const spoilsQuestion: Question = "spoils";

export class Ledger {
  readonly #asked = new Map<Question, Asked>();

  /** Replaces what the asker had asked before. */
  record(asker: Asker, questions: ReadonlySet<Question>): void {
    const asked = Array.from(questions, (question) => this.#find(question));
    for (const one of asked) one.askers.add(asker);
    const now = new Set(asked);
    for (const one of asker.asked) if (!now.has(one)) this.#leave(one, asker);
    asker.asked = asked;
  }

  /** Forgets an asker that is no more. */
  drop(asker: Asker): void {
    for (const one of asker.asked) this.#leave(one, asker);
    asker.asked = [];
  }

  /** The answers to these questions have changed. */
  change(questions: Iterable<Question>): void {
    for (const question of questions) for (const asker of this.#asked.get(question)?.askers ?? []) asker.onChange();
  }

  /** What could not be used has changed: those who have another answer now are due. */
  changeSpoils(spoils: Lookup["spoils"]): void {
    for (const asker of this.#asked.get(spoilsQuestion)?.askers ?? [])
      if (asker.spoilsAnswers.some(({ ask, answer }) => ask(spoils) !== answer)) asker.onChange();
  }

  #find(question: Question): Asked {
    const known = this.#asked.get(question);
    if (known !== undefined) return known;
    const asked: Asked = { question, askers: new Set() };
    this.#asked.set(question, asked);
    return asked;
  }

  #leave(asked: Asked, asker: Asker): void {
    asked.askers.delete(asker);
    if (asked.askers.size === 0) this.#asked.delete(asked.question);
  }
}
