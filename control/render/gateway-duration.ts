/** Gateway API's durations (GEP-2257) have at most five digits a unit, so seconds alone do not do for a year. */
export function gatewayDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
    [milliseconds % 1000, "ms"],
  ] as const;
  const text = parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`])).join("");
  return text === "" ? "0s" : text;
}

/** The longest that can be written. */
export const gatewayDurationLimitMs = 99_999 * 3_600_000;
