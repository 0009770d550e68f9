/** Our own programs as processes: run from source by the Node that runs us, with an environment made from nothing. */
import { homedir, tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Program } from "../clusters/process-group.ts";

export type NodeProgram = {
  readonly name: string;
  /** Path of the entry file from the root of the checkout. */
  readonly entry: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

export function nodeProgram({ name, entry, arguments: given, environment = {} }: NodeProgram): Program {
  return {
    name,
    path: process.execPath,
    arguments: [sourcePath(entry), ...given],
    environment: { ...programEnvironment(), GITPLANE_EXIT_WITH_STDIN: "yes", ...environment },
  };
}

export function sourcePath(entry: string): string {
  return fileURLToPath(new URL(`../../${entry}`, import.meta.url));
}

/** What a program of ours needs from around it, and nothing else. */
export function programEnvironment(): Readonly<Record<string, string>> {
  const kept = ["XDG_STATE_HOME", "XDG_CACHE_HOME", "GITPLANE_LOG_LEVEL"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: homedir(),
    TMPDIR: tmpdir(),
    LANG: "C.UTF-8",
    ...Object.fromEntries(kept),
  };
}
