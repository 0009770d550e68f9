/** Things of one sort that are made of the specs, one for each subject, and made again only when something they asked for changed. */
import type { Lookup } from "../validate/lookup.ts";
import { Asking } from "./asking.ts";
import type { Asker, Ledger } from "./ledger.ts";

type Unit<Subject, Result> = Asker & {
  readonly subject: Subject;
  result: Result | undefined;
};

/** What a refresh did to one subject. `after` is undefined for one that left, `before` for one that is new. */
export type Remade<Subject, Result> = {
  readonly subject: Subject;
  readonly before: Result | undefined;
  readonly after: Result | undefined;
};

export class Layer<Subject, Result> {
  readonly #ledger: Ledger;
  readonly #make: (subject: Subject, asking: Asking) => Result;
  readonly #units = new Map<Subject, Unit<Subject, Result>>();
  readonly #due = new Set<Unit<Subject, Result>>();
  readonly #gone: Unit<Subject, Result>[] = [];
  /** How often something was made since the start. */
  made = 0;

  constructor(ledger: Ledger, make: (subject: Subject, asking: Asking) => Result) {
    this.#ledger = ledger;
    this.#make = make;
  }

  /** Brings the subject in, due to be made; one that is there stays as it is. */
  add(subject: Subject): void {
    if (this.#units.has(subject)) return;
    const unit: Unit<Subject, Result> = {
      subject,
      result: undefined,
      asked: [],
      spoilsAnswers: [],
      onChange: () => this.#due.add(unit),
    };
    this.#units.set(subject, unit);
    this.#due.add(unit);
  }

  remove(subject: Subject): void {
    const unit = this.#units.get(subject);
    if (unit === undefined) return;
    this.#units.delete(subject);
    this.#due.delete(unit);
    this.#ledger.drop(unit);
    if (unit.result !== undefined) this.#gone.push(unit);
  }

  get(subject: Subject): Result | undefined {
    return this.#units.get(subject)?.result;
  }

  *entries(): IterableIterator<readonly [Subject, Result]> {
    for (const { subject, result } of this.#units.values()) if (result !== undefined) yield [subject, result];
  }

  /** Makes what is due, of what `lookup` answers now, and says what became of it. */
  refresh(lookup: Lookup): readonly Remade<Subject, Result>[] {
    const remade: Remade<Subject, Result>[] = this.#gone
      .splice(0)
      .map(({ subject, result }) => ({ subject, before: result, after: undefined }));
    for (const unit of this.#due) {
      const asking = new Asking(lookup);
      const before = unit.result;
      unit.result = this.#make(unit.subject, asking);
      unit.spoilsAnswers = asking.spoilsAnswers;
      this.#ledger.record(unit, asking.questions);
      this.made += 1;
      remade.push({ subject: unit.subject, before, after: unit.result });
    }
    this.#due.clear();
    return remade;
  }
}
