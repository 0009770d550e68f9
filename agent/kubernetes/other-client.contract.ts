/** Somebody else at the API server: what tests change and read behind the agent's back. */
import { Connection, type Verb } from "./connection.ts";
import { loadKubeconfig } from "./kubeconfig.ts";

export type OtherClient = AsyncDisposable & {
  /** Answers the body; throws for a refusal, save for a delete of what is not there. */
  readonly send: (verb: Verb, path: string, body?: unknown) => Promise<unknown>;
};

/** Requests of somebody else, with the same credentials. */
export async function openOther(path: string): Promise<OtherClient> {
  const signal = new AbortController().signal;
  const connection = new Connection({
    access: await loadKubeconfig({ path }),
    userAgent: "gitplane-test",
    concurrency: 64,
    timeoutMs: 30_000,
    responseLimitBytes: 1 << 24,
    backoff: { baseMs: 10, capMs: 100 },
    random: Math.random,
  });
  const send = async (verb: Verb, at: string, body?: unknown): Promise<unknown> => {
    const headers = verb === "apply" ? { "content-type": "application/apply-patch+yaml" } : {};
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await connection.send({ verb, path: at, headers, signal, ...text });
    if (answer.kind === "failed") throw new Error(answer.reason);
    if (answer.status >= 400 && !(verb === "delete" && answer.status === 404))
      throw new Error(JSON.stringify(answer.body));
    return answer.body;
  };
  return { send, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
}
