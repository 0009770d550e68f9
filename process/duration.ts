/** Durations as people write them, read at the edge and nowhere else. */
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `250ms`, `30s`, `5m` or `1h`; undefined for anything else, or beyond a day. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,8})(ms|s|m|h)$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : unitMs[match[2]];
  if (match?.[1] === undefined || unit === undefined) return undefined;
  const ms = Number(match[1]) * unit;
  return ms <= 24 * 3_600_000 ? ms : undefined;
}
