/** A person's checkout of the specs repository, worked on with the git program as a person would. */
import { cp, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { devNull } from "node:os";
import { dirname, join } from "node:path";
import { runCommand } from "../clusters/run-command.ts";
import type { ControlPlane } from "./control-plane.ts";
import { programEnvironment } from "./node-program.ts";

export type SpecsCheckout = {
  readonly folder: string;
  readonly read: (path: string) => Promise<string>;
  readonly write: (path: string, text: string) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  /** Copies a folder's content into the checkout. */
  readonly copy: (from: string) => Promise<void>;
  /** Commits everything and answers the commit's oid. */
  readonly commit: (message: string) => Promise<string>;
  readonly push: () => Promise<void>;
  readonly git: (...args: readonly string[]) => Promise<string>;
};

export type OpenSpecsCheckout = {
  readonly control: ControlPlane;
  readonly folder: string;
  readonly author: { readonly name: string; readonly mail: string };
  readonly signal: AbortSignal;
};

/** Opens the checkout, making it when it is not there. Pushing needs no password: git reads it from a file of mode 0600. */
export async function openSpecsCheckout({
  control,
  folder,
  author,
  signal,
}: OpenSpecsCheckout): Promise<SpecsCheckout> {
  const git = gitIn(folder, signal);
  if (!(await exists(join(folder, ".git")))) {
    await mkdir(folder, { recursive: true });
    await git("init", "--quiet", "--initial-branch=main");
    await git("remote", "add", "origin", `${control.url}/specs.git`);
  }
  await git("remote", "set-url", "origin", `${control.url}/specs.git`);
  await git("config", "user.name", author.name);
  await git("config", "user.email", author.mail);
  await git("config", "push.default", "current");
  // Gitplane commits to main too: `git pull` puts what is not pushed yet on top of that.
  await git("config", "pull.rebase", "true");
  const passwords = join(folder, ".git", "gitplane-credentials");
  await writeFile(passwords, `${control.url.replace("://", `://people:${control.peopleToken}@`)}\n`, { mode: 0o600 });
  await git("config", "credential.helper", `store --file=${JSON.stringify(passwords)}`);
  return {
    folder,
    read: (path) => readFile(join(folder, path), "utf8"),
    write: async (path, text) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    remove: (path) => rm(join(folder, path)),
    copy: (from) => cp(from, folder, { recursive: true }),
    commit: async (message) => {
      await git("add", "--all");
      await git("commit", "--quiet", "--message", message);
      return (await git("rev-parse", "HEAD")).trim();
    },
    push: async () => void (await git("push", "--quiet", "--set-upstream", "origin", "HEAD:main")),
    git,
  };
}

function gitIn(folder: string, signal: AbortSignal): SpecsCheckout["git"] {
  return async (...args) => {
    // Not the user's configuration: it may sign commits, run hooks, or give our password to a keyring.
    const own = { GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: devNull };
    const environment = { ...programEnvironment(), ...own };
    const result = await runCommand({ command: "git", arguments: args, folder, environment, signal });
    if (result.kind === "missing") throw new Error("git is not installed");
    if (result.exitCode !== 0) throw new Error(`git ${args[0] ?? ""} failed: ${result.stderr.trim()}`);
    return result.stdout;
  };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
