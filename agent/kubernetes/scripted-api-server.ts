/** For tests: an API server of scripted answers on a local port, and everything that it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Connection, type ConnectionOptions } from "./connection.ts";

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Respond = (asked: Asked, response: ServerResponse) => void | Promise<void>;

export type ScriptedApiServer = AsyncDisposable & { readonly url: URL; readonly asked: readonly Asked[] };

export async function startScriptedApiServer(respond: Respond): Promise<ScriptedApiServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const url = new URL(request.url ?? "/", "http://local");
      const body = await text(request);
      const one = {
        method: request.method ?? "",
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body,
      };
      asked.push(one);
      await respond(one, response);
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As the agent's own, but without a pause before anything is tried again. */
export function connectTo(server: ScriptedApiServer, changes: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({
    access: { server: server.url, tls: {}, readToken: undefined },
    userAgent: "test",
    concurrency: 8,
    timeoutMs: 5000,
    responseLimitBytes: 1 << 20,
    backoff: { baseMs: 0, capMs: 0 },
    random: () => 0,
    ...changes,
  });
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
