/** No server is stopped, restored and started again within this time. */
const freshMs = 3000;

/** Whether an answer to what was asked then tells of the server now, and of after a moment: both by one clock. */
export function isFresh(
  askedAtMs: number,
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): boolean {
  return askedAtMs >= Math.max(sinceMs, nowMs - freshMs);
}
