import { z } from "zod";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time span such as `30s`, `5m` or `1h30m`; days besides what Go reads, because people write them. */
export const Duration = z
  .string()
  .max(40)
  .regex(/^([0-9]{1,9}(ms|s|m|h|d))+$/, { error: "must be a duration, such as 30s, 5m or 1h" });

/** Milliseconds of a text that Duration has accepted. */
export function durationMs(text: string): number {
  let sum = 0;
  for (const [, number = "0", unit = "ms"] of text.matchAll(/([0-9]+)(ms|s|m|h|d)/g))
    sum += Number(number) * (unitMs[unit] ?? 0);
  return sum;
}

/** The same span in units that Go reads (`time.ParseDuration`), of a text that Duration has accepted. */
export function goDuration(text: string): string {
  return text.replaceAll(/([0-9]+)d/g, (_, days: string) => `${Number(days) * 24}h`);
}
