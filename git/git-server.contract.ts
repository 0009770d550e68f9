/** A Git server for tests: node:http in front of `git http-backend`, able to misbehave on request. */

import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Credential } from "./native/remote-url.ts";

export type GitServer = AsyncDisposable & {
  readonly url: string;
  /** Method, path and Authorization of every request so far. */
  readonly requests: { readonly method: string; readonly url: string; readonly authorization: string | undefined }[];
  /** Replaces the answer to each request for which it returns true; it then answers, or stays silent, itself. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
};

/** Serves every repository below `root`, to those who show the credential when there is one. */
export async function startGitServer(root: string, credential?: Credential): Promise<GitServer> {
  const expected = credential && `Basic ${Buffer.from(`${credential.user}:${credential.token}`).toString("base64")}`;
  const server = createServer((request, response) => {
    const authorization = request.headers.authorization;
    state.requests.push({ method: request.method ?? "", url: request.url ?? "", authorization });
    if (state.intercept(request, response)) return;
    if (expected !== undefined && authorization !== expected) {
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="git"' }).end();
      return;
    }
    runBackend(root, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const state: GitServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // listens on TCP, so not a string
    requests: [],
    intercept: () => false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}

function runBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "http://git");
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REMOTE_USER: "test",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.on("error", () => {});
  request.pipe(child.stdin);
  let head = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    if (response.headersSent) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    writeHead(response, head.toString("latin1", 0, end));
    response.write(head.subarray(end + 4));
  });
  child.stdout.once("end", () => response.end());
  response.once("close", () => child.kill());
}

function writeHead(response: ServerResponse, head: string): void {
  const fields = head.split("\r\n").map((line) => line.split(/:\s*/u, 2) as [string, string]); // CGI writes `Name: value`
  const status = fields.find(([name]) => name === "Status")?.[1] ?? "200";
  response.writeHead(Number.parseInt(status, 10), Object.fromEntries(fields.filter(([name]) => name !== "Status")));
}
