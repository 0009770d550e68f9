/**
 * Runs the git program for the host: by argument list, in an environment of our own making. Nothing of the machine's or the
 * person's configuration counts, nothing asks a question, replace refs are ignored, and what a call needs to be configured
 * comes with it (GIT_CONFIG_COUNT outranks a repository's own file).
 */

import { execFile } from "node:child_process";

/** Key and value, such as `receive.fsckObjects` and `true`. A key may repeat; for most of git the last one wins. */
export type GitSettings = readonly (readonly [key: string, value: string])[];

export type GitRun = {
  /** The bare repository the command works on; without one, `--git-dir` is not given. */
  readonly repository?: string;
  readonly settings?: GitSettings;
  readonly signal?: AbortSignal;
  readonly input?: string;
  readonly timeoutMs?: number;
};

/** The git program could not be started or ended with a failure; the message holds its own words. */
export class GitProgramError extends Error {
  readonly code = "failed";
  readonly stderr: string;
  constructor(message: string, stderr: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GitProgramError";
    this.stderr = stderr;
  }
}

/** What git printed. Throws GitProgramError; an AbortError when the signal ended it. */
export async function runGit(args: readonly string[], run: GitRun = {}): Promise<string> {
  const repository = run.repository;
  const settings: GitSettings = [
    ...(repository === undefined ? [] : ([["safe.directory", repository]] as const)),
    ...(run.settings ?? []),
  ];
  const words = [...(repository === undefined ? [] : [`--git-dir=${repository}`]), ...args];
  return await new Promise((resolve, reject) => {
    const child = execFile(
      "git",
      words,
      {
        env: gitEnvironment(settings),
        maxBuffer: 64 * 1024 * 1024,
        timeout: run.timeoutMs ?? 120_000,
        ...(run.signal === undefined ? {} : { signal: run.signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
        } else if (error.name === "AbortError") {
          reject(error);
        } else {
          const text = `git ${args[0]} failed in ${repository ?? "no repository"}: ${stderr.trim() || error.message}`;
          reject(new GitProgramError(text, stderr, { cause: error }));
        }
      },
    );
    // A git that ends without reading is reported by its exit code, not by a broken pipe.
    child.stdin?.on("error", () => {});
    child.stdin?.end(run.input ?? "");
  });
}

/** The whole environment of a git process. */
export function gitEnvironment(settings: GitSettings): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_CONFIG_COUNT: String(settings.length),
  };
  for (const [index, [key, value]] of settings.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return environment;
}

/** The refs of a repository that match one of the patterns (full names or folders), sorted by name. */
export async function listRefs(
  repository: string,
  patterns: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const args = ["for-each-ref", "--format=%(objectname) %(refname)", ...patterns];
  const text = await runGit(args, { repository, ...(signal === undefined ? {} : { signal }) });
  const refs = new Map<string, string>();
  for (const line of text.split("\n").filter(Boolean)) {
    const space = line.indexOf(" ");
    refs.set(line.slice(space + 1), line.slice(0, space));
  }
  return refs;
}
