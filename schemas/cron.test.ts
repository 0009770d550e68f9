import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { Cron, cronFault } from "./cron.ts";

/** What robfig/cron's ParseStandard takes, by the rules of its parser. */
test.for([
  "* * * * *",
  "? ? ? ? ?",
  "0 0 1 1 0",
  "59 23 31 12 6",
  "*/5 * * * *",
  "5/15 * * * *",
  "0-30/10 * * * *",
  "1,2,3 * * * *",
  "1-5,10-20/2,*/30 * * * *",
  "0 0 * JAN-mar SUN,Mon-fri",
  "0 0 * 1-DEC *",
  "  0   0\t* * *  ",
  "007 * * * *",
  "*/007 * * * *",
  "1,,2 * * * *",
  "*/100 * * * *",
  "0 0 31 2 *",
  "@yearly",
  "@annually",
  "@monthly",
  "@weekly",
  "@daily",
  "@midnight",
  "@hourly",
  "@every 1h30m",
  "@every 1.5s",
  "@every .5h",
  "@every 100us",
  "@every 1µs",
  "@every 1μs",
])("%j is a schedule", (schedule) => {
  expect(cronFault(schedule)).toBeUndefined();
});

const fieldCount =
  "a schedule has 5 fields (minute, hour, day of month, month, day of week) or is a word such as @daily";

test.for([
  ["", fieldCount],
  ["* * * *", fieldCount],
  ["* * * * * *", fieldCount],
  ["@reboot", fieldCount],
  ["@Daily", fieldCount],
  [" @daily", fieldCount],
  ["@every", fieldCount],
  ["@every 5", fieldCount],
  ["@every 1d", fieldCount],
  ["TZ=Europe/Rome 0 0 * * *", "a schedule holds no time zone; write it into timeZone"],
  ["CRON_TZ=UTC @daily", "a schedule holds no time zone; write it into timeZone"],
  ["60 * * * *", "60 is no minute, which goes from 0 to 59"],
  ["* 24 * * *", "24 is no hour, which goes from 0 to 23"],
  ["* * 0 * *", "0 is no day of month, which goes from 1 to 31"],
  ["* * 32 * *", "32 is no day of month, which goes from 1 to 31"],
  ["* * * 13 *", "13 is no month, which goes from 1 to 12"],
  ["* * * * 7", "7 is no day of week, which goes from 0 to 6"],
  ["5-1 * * * *", "5-1 is no minute, which goes from 0 to 59"],
  ["1-2-3 * * * *", "1-2-3 is no minute, which goes from 0 to 59"],
  ["-1 * * * *", "-1 is no minute, which goes from 0 to 59"],
  ["1.5 * * * *", "1.5 is no minute, which goes from 0 to 59"],
  ["a * * * *", "a is no minute, which goes from 0 to 59"],
  ["jan * * * *", "jan is no minute, which goes from 0 to 59"],
  ["* * * january *", "january is no month, which goes from 1 to 12"],
  ["* * * * fri-sun", "fri-sun is no day of week, which goes from 0 to 6"],
  [", * * * *", ", names no minute"],
  ["*/0 * * * *", "*/0 is no step of the field minute; write one such as */5"],
  ["*/ * * * *", "*/ is no step of the field minute; write one such as */5"],
  ["*/-5 * * * *", "*/-5 is no step of the field minute; write one such as */5"],
  ["*/5/2 * * * *", "*/5/2 is no step of the field minute; write one such as */5"],
  ["* * * * l", "l is no day of week, which goes from 0 to 6"],
  ["* * 15w * *", "15w is no day of month, which goes from 1 to 31"],
  ["* * * * 5#3", "5#3 is no day of week, which goes from 0 to 6"],
] as const)("%j is no schedule", ([schedule, fault]) => {
  expect(cronFault(schedule)).toBe(fault);
});

const pattern = new RegExp(String(z.toJSONSchema(Cron, { unrepresentable: "any" }).pattern));

test("the pattern that editors read says the same, but for a range that goes downwards", () => {
  expect([cronFault("5-1 * * * *") === undefined, pattern.test("5-1 * * * *")]).toEqual([false, true]);
  const part = fc.oneof(
    fc.constantFrom(
      "*",
      "?",
      "*/15",
      "mon",
      "DEC",
      "1-5",
      "0-59/7",
      "x",
      "1-",
      "1-99",
      "/",
      "31",
      "00",
      "007",
      "",
      "mon-fri",
    ),
    fc.nat(70).map(String),
  );
  const field = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(","));
  const schedules = fc.array(field, { minLength: 4, maxLength: 6 }).map((fields) => fields.join(" "));
  fc.assert(
    fc.property(fc.oneof(schedules, fc.constantFrom("@daily", " @daily", "@every 1.5s", "@often")), (schedule) => {
      expect(pattern.test(schedule)).toBe(cronFault(schedule) === undefined);
    }),
    { numRuns: 2000 },
  );
});
