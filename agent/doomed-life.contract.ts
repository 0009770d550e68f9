/** A process that dies at a call of its choice, or whose call has its effect and answers with an error: for tests of crashes. */
import type { Oid } from "../git/repository.ts";
import type { MemoryTarget } from "./memory-target.ts";
import { type Agent, reconcile } from "./reconcile.ts";

class Death extends Error {}

/** Everything that one process can do, until a fatal call: it never happens and nothing after it, or its answer is lost. */
export class Life {
  calls = 0;
  readonly #fatal: number;
  readonly #end: "dies" | "stumbles";

  constructor(fatal: number, end: "dies" | "stumbles") {
    this.#fatal = fatal;
    this.#end = end;
  }

  wrap<T extends object>(part: T): T {
    return new Proxy(part, {
      get: (inner, name): unknown => {
        const value: unknown = Reflect.get(inner, name, inner);
        if (typeof value !== "function") return value;
        return async (...args: readonly unknown[]) => {
          this.calls += 1;
          const call = this.calls;
          if (this.#end === "dies" && call >= this.#fatal) throw new Death();
          const answer: unknown = await (value as (...all: readonly unknown[]) => unknown).apply(inner, [...args]);
          if (this.#end === "stumbles" && call === this.#fatal) throw new Death();
          return answer;
        };
      },
    });
  }
}

/** Reconciles until it is done or has died. */
export async function survive(agent: Agent, revision: Oid): Promise<void> {
  try {
    await reconcile(agent, revision, new AbortController().signal);
  } catch (error) {
    if (!(error instanceof Death)) throw error;
  }
}

/** Names of what is deleted from now on, as it happens. */
export function spyOnDeletes(target: MemoryTarget): string[] {
  const deleted: string[] = [];
  const original = target.delete.bind(target);
  target.delete = async (key, options) => {
    const outcome = await original(key, options);
    if (outcome.kind === "deleted") deleted.push(key.name);
    return outcome;
  };
  return deleted;
}
