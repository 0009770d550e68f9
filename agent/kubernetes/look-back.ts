/**
 * Where a server stands in its history, which every watch wants to know after a connection broke. The watch of the record
 * tells it for all of them. Where that cannot, one list a kind does: a plane of many namespaces has many watches of one kind.
 */
import { z } from "zod";
import type { Failure } from "../target.ts";
import type { Answered } from "./connection.ts";
import { isFresh } from "./fresh-answer.ts";
import type { Wire } from "./impersonation.ts";
import { metadataListAccept } from "./object-metadata.ts";
import type { ServedResource } from "./parse-discovery.ts";
import type { RecordWatch } from "./record-watch.ts";
import { collectionPath } from "./resource-path.ts";

type After = { readonly sinceMs: number; readonly signal: AbortSignal };
export type History = { readonly kind: "told"; readonly resourceVersion: string };

const List = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

type Question = { readonly askedAtMs: number; readonly answer: Promise<Answered | Failure> };

export class LookBack {
  readonly #connection: Wire;
  readonly #recordWatch: Pick<RecordWatch, "look">;
  readonly #nowMs: () => number;
  readonly #questions = new Map<string, Question>();

  constructor(connection: Wire, recordWatch: Pick<RecordWatch, "look">, nowMs: () => number = () => performance.now()) {
    this.#connection = connection;
    this.#recordWatch = recordWatch;
    this.#nowMs = nowMs;
  }

  /**
   * How far the history went after the moment, as the server told; where it answered something else, that answer. Throws the
   * signal's reason when aborted.
   */
  async readHistory(resource: ServedResource, after: After): Promise<History | Answered | Failure> {
    const said = await this.#recordWatch.look(after);
    // However that watch fares, the others must not depend on it.
    if (said.kind === "told") return said;
    const answer = await this.#list(resource, after);
    if (answer.kind === "failed" || answer.status !== 200) return answer;
    return { kind: "told", resourceVersion: List.safeParse(answer.body).data?.metadata.resourceVersion ?? "" };
  }

  async #list(resource: ServedResource, { sinceMs, signal }: After): Promise<Answered | Failure> {
    const path = collectionPath(resource);
    for (;;) {
      signal.throwIfAborted();
      const known = this.#questions.get(path);
      const isKnown = known !== undefined && isFresh(known.askedAtMs, { sinceMs, nowMs: this.#nowMs() });
      const question = isKnown ? known : this.#ask(path, signal);
      try {
        return await question.answer;
      } catch (error) {
        // Whoever asked was told to stop; that is no answer for anybody else.
        if (question !== known) throw error;
      }
    }
  }

  #ask(path: string, signal: AbortSignal): Question {
    const question: Question = { askedAtMs: this.#nowMs(), answer: this.#send(path, signal) };
    const forget = (): void => {
      if (this.#questions.get(path) === question) this.#questions.delete(path);
    };
    const keep = (answer: Answered | Failure): void => {
      if (answer.kind === "failed" || answer.status !== 200) forget();
    };
    question.answer.then(keep, forget);
    this.#questions.set(path, question);
    return question;
  }

  async #send(path: string, signal: AbortSignal): Promise<Answered | Failure> {
    return await this.#connection.send({
      verb: "list",
      path: `${path}?limit=1`,
      headers: { accept: metadataListAccept },
      signal,
    });
  }
}
