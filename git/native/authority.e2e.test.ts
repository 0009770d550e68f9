/** Who vouches for a remote: a certificate of another authority, a host key that nobody knows. Needs openssl and ssh. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GitError } from "../repository.ts";
import { remoteEnvironment } from "./environment.ts";
import { openNativeRepository } from "./open.ts";
import { parseRemote } from "./remote-url.ts";

const credential = { user: "gitplane", token: "s3cret-token-of-the-agent" };

function hasProgram(name: string, args: readonly string[]): boolean {
  try {
    execFileSync(name, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasProgram("openssl", ["version"]))("a server over TLS", () => {
  let folder: string;
  let server: Server;
  let authorizations: (string | undefined)[];
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gitplane-authority-"));
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "own.pem")];
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
    execFileSync("openssl", ["req", "-x509", ...made, "-out", certificate, "-days", "2", ...subject], {
      stdio: "ignore",
    });
    writeFileSync(join(folder, "other.pem"), rootCertificates[0] ?? "");
    authorizations = [];
    server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
      authorizations.push(request.headers.authorization);
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/state.git`; // listens on TCP, so not a string
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  async function fetchWith(authorityFile: string | undefined): Promise<unknown> {
    const path = join(folder, `${authorityFile ?? "system"}.git`);
    const authority = authorityFile === undefined ? {} : { authorityFile: join(folder, authorityFile) };
    await using repo = await openNativeRepository({ path, create: true, remote: { url, credential, ...authority } });
    return await repo.fetch(["refs/heads/main"]).catch((error: unknown) => error);
  }

  it.each([undefined, "other.pem"])("C29 gets no credential when %s does not vouch for it", async (authorityFile) => {
    authorizations.length = 0;
    const error = await fetchWith(authorityFile);
    expect(error).toBeInstanceOf(GitError);
    expect(String(error)).toMatch(/certificate/iu);
    expect(String(error)).not.toContain(credential.token);
    expect(authorizations).toEqual([]);
  });

  it("C29 gets it when its own authority does", async () => {
    authorizations.length = 0;
    await fetchWith("own.pem");
    const sent = `Basic ${Buffer.from(`${credential.user}:${credential.token}`).toString("base64")}`;
    expect(new Set(authorizations)).toEqual(new Set([sent]));
  });
});

it.skipIf(!hasProgram("ssh", ["-V"]))("C29 a host over SSH whose key nobody knows is not believed", () => {
  const environment = remoteEnvironment("/nowhere", parseRemote({ url: "ssh://git@git.example.test/state.git" }));
  const [program = "", ...options] = (environment["GIT_SSH_COMMAND"] ?? "").split(" ");
  // What ssh makes of the options, the machine's own files included.
  const effective = execFileSync(program, ["-G", ...options, "git.example.test"], { encoding: "utf8" });
  expect(effective).toMatch(/^stricthostkeychecking true$/mu);
  expect(effective).toMatch(/^batchmode yes$/mu);
});
