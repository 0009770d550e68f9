/**
 * The log of a running program: to stderr, because stdout is for data; one line an event, JSON for machines, a short line by
 * hand when stderr is a terminal. Written synchronously, so the last line before an exit is never lost. Every line passes
 * `redact`, whatever wrote it.
 */

import { pino, type Logger } from "pino";
import { levelFrom, type LogLevel } from "./log-level.ts";
import { redact } from "./redact.ts";
import { sanitize } from "./sanitize.ts";

export type Log = Logger;

export type LogOptions = {
  /** Default: the environment's GITPLANE_LOG_LEVEL, else info. */
  readonly level?: LogLevel;
  /** Default: whether stderr is a terminal. */
  readonly pretty?: boolean;
  /** Takes each line with its line feed. Default: stderr. */
  readonly write?: (line: string) => void;
};

/** Opens the log. `openLog().child({ component: "host" })` is the log of one component. */
export function openLog(options: LogOptions = {}): Log {
  const pretty = options.pretty ?? process.stderr.isTTY;
  const write = options.write ?? stderrWriter();
  const level = options.level ?? levelFrom(process.env["GITPLANE_LOG_LEVEL"]);
  return pino(
    {
      level,
      base: null,
      messageKey: "message",
      errorKey: "error",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => write(pretty ? prettyLine(redact(line)) : redact(line)) },
  );
}

// sonic-boom retries EAGAIN, which a plain writeSync to a full non-blocking pipe would throw.
function stderrWriter(): (line: string) => void {
  const destination = pino.destination({ dest: 2, sync: true });
  return (line) => void destination.write(line);
}

/** `12:00:00.000 warn  [host] message key=value`, then the stack of an error below it. */
export function prettyLine(line: string): string {
  const { time, level, component, message, error, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const clock = typeof time === "string" ? time.slice(11, 23) : "";
  const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${showValue(value)}`);
  const source = component === undefined ? "" : `[${showValue(component)}] `;
  const text = `${clock} ${String(level).padEnd(5)} ${source}${showValue(message ?? "")}${fields.join("")}`;
  return `${sanitize(text)}${showError(error, level)}\n`;
}

function showValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function showError(error: unknown, level: unknown): string {
  if (typeof error !== "object" || error === null) {
    return "";
  }
  const { message, stack } = error as { readonly message?: unknown; readonly stack?: unknown };
  const text = level === "debug" || level === "trace" ? (stack ?? message) : message;
  return typeof text === "string" ? `: ${sanitize(text, { keepLineBreaks: true })}` : "";
}
