/**
 * Work of the last round that still holds. A result is kept with what it was made of: the documents, by identity, that were
 * asked for and found or not found. Where every question still has the very same answer, the result is the same (build
 * systems call it a verifying trace). Whatever asked about something vaguer (what could not be read, what stands nearby) is
 * not kept: that is asked only where something is missing. Dropping a Recall costs time only.
 */
import type { KindName, ResourceOf } from "../schemas/kinds.ts";
import type { Binding } from "./deploy/binding.ts";
import type { SpecDocument } from "./load/parse.ts";
import type { Surroundings } from "./resolve/resolve.ts";
import type { Lookup } from "./validate/lookup.ts";

type Question =
  | { readonly kind: "input"; readonly position: number; readonly answer: unknown }
  | { readonly kind: "document"; readonly of: KindName; readonly parts: readonly string[]; readonly answer: unknown }
  | { readonly kind: "binding" | "frozen"; readonly key: string; readonly answer: unknown };

type Kept = { readonly questions: readonly Question[]; readonly result: unknown };

export type RecallCounts = { readonly made: number; readonly kept: number };

export class Recall {
  /** By the subject, then by what was made of it. */
  readonly #kept = new WeakMap<object, Map<string, Kept>>();
  #made = 0;
  #reused = 0;

  /** How many results were made and how many kept since the last call. */
  takeCounts(): RecallCounts {
    const counts = { made: this.#made, kept: this.#reused };
    this.#made = 0;
    this.#reused = 0;
    return counts;
  }

  /** A function of the subject and, by identity, of other inputs. */
  of<Result>(subject: object, what: string, work: { inputs?: readonly unknown[]; make: () => Result }): Result {
    const { inputs = [], make } = work;
    return this.#recall(subject, what, {
      holds: (question) => question.kind === "input" && inputs[question.position] === question.answer,
      make: () => ({
        result: make(),
        questions: inputs.map((answer, position) => ({ kind: "input", position, answer })),
      }),
    });
  }

  /** A function of the subject and the documents that it names. */
  checked<Result>(subject: object, what: string, work: { lookup: Lookup; make: (lookup: Lookup) => Result }): Result {
    return this.#recall(subject, what, {
      holds: (question) => question.kind === "document" && answerOf(work.lookup, question) === question.answer,
      make: () => {
        const asked = new Asked(work.lookup);
        return { result: work.make(asked), questions: asked.isExact ? asked.questions : undefined };
      },
    });
  }

  /** A function of a Binding and its surroundings. */
  rendered<Result>(binding: Binding, surroundings: Surroundings, make: (surroundings: Surroundings) => Result): Result {
    const { index, bindings, frozen } = surroundings;
    return this.#recall(binding, "render", {
      holds: (question) => {
        switch (question.kind) {
          case "document":
            return answerOf(index, question) === question.answer;
          case "binding":
            return bindings.get(question.key) === question.answer;
          case "frozen":
            return frozen.get(question.key) === question.answer;
          case "input":
            return false;
        }
      },
      make: () => {
        const asked = new Asked(index);
        const result = make({
          ...surroundings,
          index: asked,
          bindings: asked.watch("binding", bindings),
          frozen: asked.watch("frozen", frozen),
          undecided: { reasonFor: (key) => asked.vague(() => surroundings.undecided.reasonFor(key)) },
        });
        return { result, questions: asked.isExact ? asked.questions : undefined };
      },
    });
  }

  #recall<Result>(
    subject: object,
    what: string,
    work: {
      readonly holds: (question: Question) => boolean;
      readonly make: () => { readonly result: Result; readonly questions: readonly Question[] | undefined };
    },
  ): Result {
    const known = this.#kept.get(subject) ?? new Map<string, Kept>();
    const kept = known.get(what);
    if (kept !== undefined && kept.questions.every(work.holds)) {
      this.#reused += 1;
      return kept.result as Result; // made for this subject under this name, which has one type
    }
    this.#made += 1;
    const { result, questions } = work.make();
    if (questions === undefined) known.delete(what);
    else known.set(what, { questions, result });
    this.#kept.set(subject, known);
    return result;
  }
}

function answerOf(lookup: Lookup, { of, parts }: Extract<Question, { kind: "document" }>): unknown {
  return lookup.find(of, ...parts);
}

/** Passes questions on and writes down those with exact answers. */
class Asked implements Lookup {
  readonly questions: Question[] = [];
  readonly #lookup: Lookup;
  isExact = true;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  find<Kind extends KindName>(kind: Kind, ...parts: readonly string[]): SpecDocument<ResourceOf<Kind>> | undefined {
    const answer = this.#lookup.find(kind, ...parts);
    this.questions.push({ kind: "document", of: kind, parts, answer });
    return answer;
  }

  besides(...question: Parameters<Lookup["besides"]>): ReturnType<Lookup["besides"]> {
    return this.vague(() => this.#lookup.besides(...question));
  }

  namesakes(...question: Parameters<Lookup["namesakes"]>): ReturnType<Lookup["namesakes"]> {
    return this.vague(() => this.#lookup.namesakes(...question));
  }

  get spoils(): Lookup["spoils"] {
    return this.vague(() => this.#lookup.spoils);
  }

  watch<Value>(kind: "binding" | "frozen", map: Pick<ReadonlyMap<string, Value>, "get">) {
    return {
      get: (key: string): Value | undefined => {
        const answer = map.get(key);
        this.questions.push({ kind, key, answer });
        return answer;
      },
    };
  }

  /** An answer that is not written down. */
  vague<Answer>(ask: () => Answer): Answer {
    this.isExact = false;
    return ask();
  }
}
