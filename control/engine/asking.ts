/** The specs as something that is being made sees them: every answer is written down with its question. */
import type { KindName, ResourceOf } from "../../schemas/kinds.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Lookup } from "../validate/lookup.ts";
import { clusterQuestion } from "../validate/clusters.ts";
import { namespaceQuestion } from "../validate/namespaces.ts";
import { documentQuestion, namesakesQuestion, scopeQuestion } from "../validate/specs-index.ts";
import { type Question, type SpoilsAnswer, spoilsQuestion } from "./ledger.ts";

type SpoilsLookup = Lookup["spoils"];

export class Asking implements Lookup {
  readonly questions = new Set<Question>();
  readonly spoilsAnswers: SpoilsAnswer[] = [];
  readonly spoils: SpoilsLookup;
  readonly #lookup: Lookup;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
    this.spoils = {
      couldBe: (...question) => this.#askSpoils((spoils) => spoils.couldBe(...question)),
      fileNaming: (...question) => this.#askSpoils((spoils) => spoils.fileNaming(...question)),
      fileBinding: (...question) => this.#askSpoils((spoils) => spoils.fileBinding(...question)),
      holderOf: (...question) => this.#askSpoils((spoils) => spoils.holderOf(...question)),
      holderOfKind: (...question) => this.#askSpoils((spoils) => spoils.holderOfKind(...question)),
    };
  }

  find<Kind extends KindName>(kind: Kind, ...parts: readonly string[]): SpecDocument<ResourceOf<Kind>> | undefined {
    this.questions.add(documentQuestion(kind, parts));
    return this.#lookup.find(kind, ...parts);
  }

  besides(kind: KindName, ...parts: readonly string[]): readonly SpecDocument[] {
    this.questions.add(scopeQuestion(kind, parts));
    return this.#lookup.besides(kind, ...parts);
  }

  namesakes(kind: KindName, organization: string, name: string): readonly SpecDocument[] {
    this.questions.add(namesakesQuestion(kind, organization, name));
    return this.#lookup.namesakes(kind, organization, name);
  }

  adoptersOf(namespace: string): ReturnType<Lookup["adoptersOf"]> {
    this.questions.add(namespaceQuestion(namespace));
    return this.#lookup.adoptersOf(namespace);
  }

  cellsNamed(namespace: string): ReturnType<Lookup["cellsNamed"]> {
    this.questions.add(namespaceQuestion(namespace));
    return this.#lookup.cellsNamed(namespace);
  }

  managersOf(cluster: string): ReturnType<Lookup["managersOf"]> {
    this.questions.add(clusterQuestion(cluster));
    return this.#lookup.managersOf(cluster);
  }

  /** An answer that is none of the documents. */
  ask<Answer>(question: Question, answer: Answer): Answer {
    this.questions.add(question);
    return answer;
  }

  #askSpoils<Answer>(ask: (spoils: SpoilsLookup) => Answer): Answer {
    const answer = ask(this.#lookup.spoils);
    this.questions.add(spoilsQuestion);
    this.spoilsAnswers.push({ ask, answer });
    return answer;
  }
}
