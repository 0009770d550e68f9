/** The windows that Envoy Gateway counts by (API reference of v1.9: `RateLimitUnit`). */
import { durationMs } from "../../schemas/duration.ts";

const secondMs = 1000;
const dayMs = 86_400 * secondMs;

/** By length; months and years are of as many days as Envoy Gateway counts. */
export const rateLimitUnits = [
  { unit: "Second", window: "1s", lengthMs: secondMs },
  { unit: "Minute", window: "1m", lengthMs: 60 * secondMs },
  { unit: "Hour", window: "1h", lengthMs: 3600 * secondMs },
  { unit: "Day", window: "1d", lengthMs: dayMs },
  { unit: "Week", window: "7d", lengthMs: 7 * dayMs },
  { unit: "Month", window: "30d", lengthMs: 30 * dayMs },
  { unit: "Year", window: "365d", lengthMs: 365 * dayMs },
] as const;

export type RateLimitUnit = (typeof rateLimitUnits)[number];

/** Undefined for a window that is none of them: a limit over two minutes is neither one over a minute nor one over an hour. */
export function unitOf(window: string): RateLimitUnit | undefined {
  const lengthMs = durationMs(window);
  return rateLimitUnits.find((unit) => unit.lengthMs === lengthMs);
}
