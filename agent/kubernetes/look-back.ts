/**
 * Where a server stands in the history of one kind. After a connection broke every watch on it wants to know, a plane of many
 * namespaces has many of one kind, and one answer does for all of them.
 */
import type { Failure } from "../target.ts";
import type { Answered } from "./connection.ts";
import type { Wire } from "./impersonation.ts";
import { metadataListAccept } from "./object-metadata.ts";
import type { ServedResource } from "./parse-discovery.ts";
import { collectionPath } from "./resource-path.ts";

type Question = { readonly askedAtMs: number; readonly answer: Promise<Answered | Failure> };

/** No server is stopped, restored and started again within this time. */
const freshMs = 3000;

export class LookBack {
  readonly #connection: Wire;
  readonly #nowMs: () => number;
  readonly #questions = new Map<string, Question>();

  constructor(connection: Wire, nowMs: () => number = () => performance.now()) {
    this.#connection = connection;
    this.#nowMs = nowMs;
  }

  /** What a list of the kind, cut after one object, was answered after the moment. Throws the signal's reason when aborted. */
  async list(
    resource: ServedResource,
    { sinceMs, signal }: { readonly sinceMs: number; readonly signal: AbortSignal },
  ): Promise<Answered | Failure> {
    const path = collectionPath(resource);
    for (;;) {
      signal.throwIfAborted();
      const earliestMs = Math.max(sinceMs, this.#nowMs() - freshMs);
      const known = this.#questions.get(path);
      const question = known !== undefined && known.askedAtMs >= earliestMs ? known : this.#ask(path, signal);
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
