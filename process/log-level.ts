/** How much a log says; beside the log, so that a program which only prints need not load it. */
const logLevels = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** The level a name says; info for anything unknown, because a wrong word must not silence a log. */
export function levelFrom(name: string | undefined): LogLevel {
  return logLevels.find((level) => level === name?.toLowerCase()) ?? "info";
}
