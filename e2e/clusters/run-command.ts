/** Runs one command by argument list, without a shell, and collects the end of what it says. */

import { spawn } from "node:child_process";
import type { Readable } from "node:stream";

export type Command = {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly folder?: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
};

/** `missing`: there is no such program on the PATH. Both texts are cut to their last 256 Ki characters. */
export type CommandResult =
  | { readonly kind: "missing" }
  | { readonly kind: "exited"; readonly exitCode: number; readonly stdout: string; readonly stderr: string };

const keptCharacters = 256 * 1024;

/** Throws the signal's reason when aborted; the command is then sent SIGTERM. A death by signal counts as exit code 128. */
export async function runCommand(command: Command): Promise<CommandResult> {
  command.signal.throwIfAborted();
  const child = spawn(command.command, command.arguments, {
    cwd: command.folder,
    env: command.environment,
    stdio: ["ignore", "pipe", "pipe"],
    signal: command.signal,
  });
  const texts = Promise.all([readEnd(child.stdout), readEnd(child.stderr)]);
  const exit = new Promise<number | "missing">((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") {
        resolve("missing");
      } else {
        reject(error);
      }
    });
    child.once("close", (exitCode) => resolve(exitCode ?? 128));
  });
  try {
    const exitCode = await exit;
    if (exitCode === "missing") {
      return { kind: "missing" };
    }
    const [stdout, stderr] = await texts;
    return { kind: "exited", exitCode, stdout, stderr };
  } catch (error) {
    command.signal.throwIfAborted();
    throw error;
  }
}

async function readEnd(stream: Readable): Promise<string> {
  let text = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) {
    text = (text + String(chunk)).slice(-keptCharacters);
  }
  return text;
}
