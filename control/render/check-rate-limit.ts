/** Whether limits can be counted as they are said. */
import { durationMs } from "../../schemas/duration.ts";
import type { Policy } from "./effective-policy.ts";
import type { PolicyFault } from "./policy-fault.ts";
import { rateLimitUnits, unitOf } from "./rate-limit-unit.ts";

type Limit = { readonly requests: number; readonly window: string };

export function checkRateLimits(policy: Policy): readonly PolicyFault[] {
  const { rateLimit, operations = [] } = policy;
  return [
    ...(rateLimit === undefined ? [] : checkWindow(rateLimit, ["rateLimit", "window"])),
    ...operations.flatMap((operation, index) =>
      operation.rateLimit === undefined
        ? []
        : checkWindow(operation.rateLimit, ["operations", index, "rateLimit", "window"]),
    ),
  ];
}

function checkWindow({ requests, window }: Limit, path: PolicyFault["path"]): readonly PolicyFault[] {
  if (unitOf(window) !== undefined) return [];
  const message = `a rate limit counts by the second, minute, hour, day, week (7d), month (30d) or year (365d), and ${window} is none of them`;
  return [{ code: "unsupported-policy", path, message, remedy: suggestLimits(requests, durationMs(window)) }];
}

/** The same rate by the next shorter and the next longer unit, where it comes out even; which of the two is for a person to say. */
function suggestLimits(requests: number, windowMs: number): string {
  const shorter = rateLimitUnits.findLast(({ lengthMs }) => lengthMs < windowMs);
  const longer = rateLimitUnits.find(({ lengthMs }) => lengthMs > windowMs);
  const said = [
    { unit: shorter, what: "which lets bursts through less" },
    { unit: longer, what: "which lets bursts through more" },
  ].flatMap(({ unit, what }) => {
    const scaled = unit === undefined || windowMs === 0 ? undefined : (requests * unit.lengthMs) / windowMs;
    const isWhole = scaled !== undefined && Number.isInteger(scaled) && scaled > 0;
    return unit === undefined || !isWhole ? [] : [`${scaled} per ${unit.window}, ${what}`];
  });
  return said.length === 0 ? "write one of these windows, and the requests for it" : `write ${said.join(", or ")}`;
}
