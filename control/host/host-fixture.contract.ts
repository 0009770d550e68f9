/** For tests: a host in a folder of its own, and the real git program as its client. */

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNativeRepository } from "../../git/native/open.ts";
import { openLog } from "../../process/log.ts";
import { type PlaneId, specsRef } from "../../schemas/layout.ts";
import { startHost, type Host, type HostOptions } from "./start-host.ts";

export const eu: PlaneId = { kind: "data", organization: "default", name: "eu" };
export const us: PlaneId = { kind: "data", organization: "default", name: "us" };

export type Login = { readonly user: string; readonly token: string };
export type GitOutcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type HostFixture = AsyncDisposable & {
  readonly host: Host;
  readonly folder: string;
  readonly stop: AbortController;
  /** What the host logged, line by line. */
  readonly lines: readonly string[];
};

export async function openHostFixture(options: Partial<HostOptions> = {}): Promise<HostFixture> {
  const folder = await mkdtemp(join(tmpdir(), "host-"));
  const lines: string[] = [];
  const stop = new AbortController();
  const log = openLog({ level: "debug", pretty: false, write: (line) => lines.push(line) });
  const host = await startHost({ dataDir: join(folder, "data"), port: 0, log, signal: stop.signal, ...options });
  return {
    host,
    folder,
    stop,
    lines,
    [Symbol.asyncDispose]: async () => {
      await host[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Commits and pushes files to the host's specs, beside its people; null removes one. */
export async function commitSpecs(host: Host, files: Readonly<Record<string, string | null>>): Promise<void> {
  await using specs = await openNativeRepository({ path: host.specs.path });
  const parent = await specs.readRef(specsRef);
  const person = { name: "Ann", mail: "ann@example.org" };
  const next = await specs.commit({
    parent,
    changes: new Map(Object.entries(files).map(([path, text]) => [path, text === null ? null : Buffer.from(text)])),
    message: "Change specs",
    author: person,
    committer: person,
    committedAtSeconds: 1_700_000_000,
  });
  await specs.push(specsRef, { expect: parent, next });
}

/** Runs git; never rejects, so that a test can look at a refusal. */
export async function git(args: readonly string[], login?: Login): Promise<GitOutcome> {
  return await new Promise((resolve) => {
    execFile("git", args, { env: clientEnvironment(login), timeout: 15_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, stdout, stderr });
    });
  });
}

function clientEnvironment(login: Login | undefined): NodeJS.ProcessEnv {
  const header = login === undefined ? [] : [["http.extraHeader", `Authorization: ${basic(login)}`]];
  const settings = [["protocol.file.allow", "always"], ["init.defaultBranch", "main"], ["gc.auto", "0"], ...header];
  return {
    PATH: process.env["PATH"],
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Ann",
    GIT_AUTHOR_EMAIL: "ann@example.org",
    GIT_COMMITTER_NAME: "Ann",
    GIT_COMMITTER_EMAIL: "ann@example.org",
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

export function basic({ user, token }: Login): string {
  return `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
}

/** A repository with a work tree to commit in. */
export async function workTree(folder: string): Promise<string> {
  const path = await mkdtemp(join(folder, "work-"));
  await git(["init", "-q", path]);
  return path;
}

/** Commits one file and answers the commit. */
export async function commitFile(path: string, content: string): Promise<string> {
  await writeFile(join(path, "file.yaml"), content);
  await git(["-C", path, "add", "."]);
  await git(["-C", path, "commit", "-qm", "change"]);
  return (await git(["-C", path, "rev-parse", "HEAD"])).stdout.trim();
}

/** Puts a commit on a ref of a hosted repository as the control plane does: on the disk, not over HTTP. */
export async function publish(repository: string, ref: string, work: string): Promise<void> {
  const { code, stderr } = await git(["-C", work, "push", "-q", repository, `HEAD:${ref}`, "--receive-pack", receiver]);
  if (code !== 0) {
    throw new Error(stderr);
  }
}

// The repositories hide every ref from pushes; the control plane writes past that.
const receiver = "git -c receive.hideRefs=!refs receive-pack";
