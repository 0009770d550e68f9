/** Who decides, and whether they mean it: for commands that commit a person's word to the specs repository. */
import { execFile } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { promisify } from "node:util";
import type { Person } from "../../git/repository.ts";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";

/** As given, or as git has it for commits that are made here. Throws ExitError `usage` when neither says who. */
export async function findPerson(author: string | undefined): Promise<Person> {
  return author === undefined ? await readPerson() : parsePerson(author);
}

async function readPerson(): Promise<Person> {
  const [name, mail] = await Promise.all([readSetting("user.name"), readSetting("user.email")]);
  if (name === undefined || mail === undefined) {
    const message =
      'git does not know who you are: say so with --author "Name <mail>", or `git config user.name` and `user.email`';
    throw new ExitError(exitCodes.usage, message);
  }
  return { name, mail };
}

async function readSetting(key: string): Promise<string | undefined> {
  const found = await promisify(execFile)("git", ["config", "--get", key]).catch(() => undefined);
  const value = found?.stdout.trim();
  return value === "" ? undefined : value;
}

function parsePerson(text: string): Person {
  const [, name, mail] = /^([^<>\n]*[^<>\s]) *<([^<>\s]+)>$/.exec(text) ?? [];
  if (name === undefined || mail === undefined) {
    throw new ExitError(exitCodes.usage, 'give --author as "Name <mail>"');
  }
  return { name, mail };
}

export type Asking = {
  readonly question: string;
  /** What `--yes` would have done, for when nobody can be asked. */
  readonly wanted: string;
  readonly signal: AbortSignal;
};

/** Asks on the terminal. Throws ExitError `usage` where there is none. */
export async function isWanted(
  { yes }: { readonly yes?: boolean },
  { question, wanted, signal }: Asking,
): Promise<boolean> {
  if (yes === true) return true;
  if (!process.stdin.isTTY) {
    const message = `nothing was changed: say --yes to ${wanted} as told above, as nobody can be asked here`;
    throw new ExitError(exitCodes.usage, message);
  }
  using prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} [y/N] `, { signal });
  return /^y(es)?$/i.test(answer.trim());
}
