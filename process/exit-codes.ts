/**
 * The exit codes of both programs. One is reserved for "there is a difference", so nothing that went wrong may end with it:
 * a failure without a better word is `failed`.
 */

export const exitCodes = {
  done: 0,
  changesPending: 1,
  usage: 2,
  invalid: 3,
  held: 4,
  failed: 5,
  timeout: 6,
  notAllowed: 7,
  untrusted: 8,
  unreachable: 9,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the program with this code and this sentence; for what has no error of its own. A `detail` is told at debug level only. */
export class ExitError extends Error {
  readonly exitCode: ExitCode;
  readonly detail: unknown;
  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions & { readonly detail?: unknown }) {
    super(message, options);
    this.name = "ExitError";
    this.exitCode = exitCode;
    this.detail = options?.detail;
  }
}

/**
 * The exit code for whatever was thrown: its own `exitCode`, else by its `code` or that of the nearest cause that has a known
 * one (a wrapped ECONNREFUSED is still unreachable), else `failed`. Errors of commander are usage, its help is done.
 */
export function exitCodeOf(error: unknown): ExitCode {
  for (let current = error, depth = 0; current instanceof Error && depth < 10; current = current.cause, depth += 1) {
    const found = exitCodeOfOne(current);
    if (found !== undefined) {
      return found;
    }
  }
  return exitCodes.failed;
}

function exitCodeOfOne(error: Error): ExitCode | undefined {
  if (error instanceof ExitError) {
    return error.exitCode;
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code.startsWith("commander.")) {
    return "exitCode" in error && error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  return exitCodeByErrorCode.get(error.name === "AbortError" ? "aborted" : code);
}

const exitCodeByErrorCode: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ["aborted", exitCodes.interrupted],
  ["corrupt", exitCodes.untrusted],
  ["not-allowed", exitCodes.notAllowed],
  ["timeout", exitCodes.timeout],
  ["unreachable", exitCodes.unreachable],
  ["EACCES", exitCodes.notAllowed],
  ["EPERM", exitCodes.notAllowed],
  ["ECONNREFUSED", exitCodes.unreachable],
  ["ECONNRESET", exitCodes.unreachable],
  ["EHOSTUNREACH", exitCodes.unreachable],
  ["ENETUNREACH", exitCodes.unreachable],
  ["ENOTFOUND", exitCodes.unreachable],
  ["EAI_AGAIN", exitCodes.unreachable],
  ["ETIMEDOUT", exitCodes.timeout],
]);
