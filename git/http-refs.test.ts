/** Answers that are out of the ordinary; those of a real Git host are in `control/commands/watching.e2e.test.ts`. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { askHttpRefs } from "./http-refs.ts";

const oid = "a".repeat(40);
const main = "refs/heads/main";
const line = (text: string): string => (text.length + 4).toString(16).padStart(4, "0") + text;
const answer = `${line(`${oid} ${main}\n`)}${line(`${oid} ${main}-2\n`)}0000`;

afterEach(() => vi.unstubAllEnvs());

async function ask(reply: (response: ServerResponse) => void): Promise<unknown> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.on("data", (chunk) => asked.push(String(chunk)));
    request.on("end", () => reply(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo; // listens on TCP
    const found = await askHttpRefs({ url: `http://127.0.0.1:${port}/x.git` }, [main]);
    return found && { found: [...found], asked: asked.join("") };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const type = { "Content-Type": "application/x-git-upload-pack-result" };

test("finds the refs that were asked for, and none whose name only begins so", async () => {
  expect(await ask((response) => response.writeHead(200, type).end(answer))).toEqual({
    found: [[main, oid]],
    asked: `${line("command=ls-refs\n")}${line("agent=gitplane\n")}0001${line(`ref-prefix ${main}\n`)}0000`,
  });
});

test("an empty list is an answer: the remote has none of them", async () => {
  expect(await ask((response) => response.writeHead(200, type).end("0000"))).toMatchObject({ found: [] });
});

test.for<[string, (response: ServerResponse) => unknown]>([
  ["a refusal", (response) => response.writeHead(401, type).end()],
  ["a redirect", (response) => response.writeHead(302, { Location: "http://127.0.0.1:1/" }).end()],
  ["a page", (response) => response.writeHead(200, { "Content-Type": "text/html" }).end("0000")],
  ["an answer that is cut short", (response) => response.writeHead(200, type).end(answer.slice(0, -4))],
  ["a line that is cut short", (response) => response.writeHead(200, type).end(answer.slice(0, 30))],
  ["a line that is no ref", (response) => response.writeHead(200, type).end(`${line("ERR no\n")}0000`)],
  ["a connection that breaks", (response) => response.destroy()],
])("leaves %s to git", async ([, reply]) => {
  expect(await ask((response) => void reply(response))).toBeUndefined();
});

test("leaves another scheme and a proxy to git", async () => {
  expect(await askHttpRefs({ url: "ssh://git@127.0.0.1/x.git" }, [main])).toBeUndefined();
  vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:1");
  expect(await ask((response) => response.writeHead(200, type).end(answer))).toBeUndefined();
});
