import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { Cron, cronFault } from "./cron.ts";

const pattern = new RegExp(String(z.toJSONSchema(Cron, { unrepresentable: "any" }).pattern));

test.each([
  ["*/5 * * * *", true],
  ["0 2 1,15 jan-MAR Mon", true],
  ["  07 09 * * ?  ", true],
  ["@daily", true],
  ["@every 1h30m", true],
  ["60 * * * *", false],
  ["* * 0 * *", false],
  ["* * * * 7", false],
  ["*/0 * * * *", false],
  ["* * * *", false],
  ["1- * * * *", false],
  ["1-99 * * * *", false],
  ["@often", false],
  ["TZ=UTC * * * * *", false],
])("the pattern and the rule agree on %j: %j", (schedule, isRight) => {
  expect([cronFault(schedule) === undefined, pattern.test(schedule)]).toEqual([isRight, isRight]);
});

test("they differ only over a range that goes downwards", () => {
  expect([cronFault("5-1 * * * *") === undefined, pattern.test("5-1 * * * *")]).toEqual([false, true]);
  const part = fc.oneof(
    fc.constantFrom("*", "?", "*/15", "mon", "DEC", "1-5", "0-59/7", "x", "1-", "/", "31", "00", "mon-fri"),
    fc.nat(70).map(String),
  );
  const field = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(","));
  const schedules = fc.array(field, { minLength: 4, maxLength: 6 }).map((fields) => fields.join(" "));
  fc.assert(
    fc.property(schedules, (schedule) => {
      expect(pattern.test(schedule)).toBe(cronFault(schedule) === undefined);
    }),
    { numRuns: 2000 },
  );
});
