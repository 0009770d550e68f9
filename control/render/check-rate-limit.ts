/** Whether limits can be counted as they are said. */
import { durationMs } from "../../schemas/duration.ts";
import type { Policy } from "./effective-policy.ts";
import type { PolicyFault } from "./policy-fault.ts";
import { type RateLimitUnit, rateLimitUnits, unitOf } from "./rate-limit-unit.ts";

type Limit = { readonly requests: number; readonly window: string };

export function checkRateLimits(policy: Policy): readonly PolicyFault[] {
  const { rateLimit, operations = [] } = policy;
  return [
    ...(rateLimit === undefined ? [] : checkWindow(rateLimit, ["rateLimit", "window"])),
    ...operations.flatMap((operation, index) =>
      operation.rateLimit === undefined
        ? []
        : [
            ...checkWindow(operation.rateLimit, ["operations", index, "rateLimit", "window"]),
            ...checkBeside(rateLimit, operation.rateLimit, ["operations", index, "rateLimit"]),
          ],
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

/**
 * A local limit of an operation takes the place of the policy's for what it matches (Envoy Gateway leaves `AlwaysConsumeDefaultTokenBucket`
 * off), so it must not let through more. A narrower one is counted by a multiple of the wider one's time, or the whole policy is refused.
 */
function checkBeside(whole: Policy["rateLimit"], limit: Limit, path: PolicyFault["path"]): readonly PolicyFault[] {
  if (whole === undefined || whole.scope === "Global") return [];
  const [wide, narrow] = [unitOf(whole.window), unitOf(limit.window)];
  if (wide === undefined || narrow === undefined) return [];
  if (narrow.lengthMs % wide.lengthMs !== 0) return [notByMultiple(wide, narrow, path)];
  // Over a window that is as long or longer, more requests are a higher rate, or a burst that the policy would not let through.
  return limit.requests <= whole.requests ? [] : [looser(whole, limit, path)];
}

function notByMultiple(wide: RateLimitUnit, narrow: RateLimitUnit, path: PolicyFault["path"]): PolicyFault {
  const message = `beside a limit per ${wide.window} a gateway cannot count an operation per ${narrow.window}: only by a multiple of that`;
  const remedy = "give both the same window, or the policy's limit a shorter one";
  return { code: "unsupported-policy", path: [...path, "window"], message, remedy };
}

function looser(whole: Limit, limit: Limit, path: PolicyFault["path"]): PolicyFault {
  const message = `a gateway that counts for itself counts an operation by its own limit instead of the policy's, and ${limit.requests} per ${limit.window} may let through more than ${whole.requests} per ${whole.window}`;
  const remedy = `write ${whole.requests} requests at most, raise the policy's limit, or say scope: Global, where both are counted`;
  return { code: "unsupported-policy", path: [...path, "requests"], message, remedy };
}
