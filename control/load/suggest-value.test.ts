import { expect, test } from "vitest";
import { z } from "zod";
import { Cron } from "../../schemas/cron.ts";
import { Duration } from "../../schemas/duration.ts";
import { HttpUrl } from "../../schemas/http-url.ts";
import { DescendingPath, ImageReference, PortNumber } from "../../schemas/kubernetes/formats.ts";
import { Name } from "../../schemas/metadata.ts";
import { exampleAt, rangeOf, suggestValue } from "./suggest-value.ts";

test.for([
  { schema: Name, value: "Stock", says: "did you mean stock?" },
  { schema: DescendingPath, value: "/data/../index", says: "did you mean data/index?" },
  { schema: Name, value: "My Stock_2", says: "did you mean my-stock-2?" },
  { schema: Name, value: "__", says: undefined },
  { schema: Cron, value: "0 0 3 * * *", says: "seconds are not a field here: write 0 3 * * *" },
  { schema: Cron, value: "every day", says: "did you mean @daily?" },
  { schema: Cron, value: "sometimes", says: undefined },
  { schema: Duration, value: "1 minute", says: "did you mean 1m?" },
  { schema: Duration, value: "90 secs", says: "did you mean 90s?" },
  { schema: ImageReference, value: "Images/Web", says: "did you mean images/web?" },
  { schema: ImageReference, value: "https://registry.example/Web:1", says: "did you mean registry.example/web:1?" },
  { schema: HttpUrl, value: "observer.example", says: "did you mean https://observer.example?" },
  { schema: HttpUrl, value: "ann:k2J9-xQ@db.internal/x", says: undefined },
])("for $value is said: $says", ({ schema, value, says }) => {
  expect(suggestValue([schema], value)).toBe(says);
});

test("numbers are told by their bounds", () => {
  expect([PortNumber, z.int().min(1), z.int().max(5), z.int(), z.string()].map((schema) => rangeOf([schema]))).toEqual([
    "a number from 1 to 65535",
    "a number of at least 1",
    "a number of at most 5",
    undefined,
    undefined,
  ]);
});

test("an example is shown where the schema does not take just any text or name", () => {
  const schema = z.strictObject({ HttpUrl, Cron, ImageReference, Duration, Name, text: z.string() });
  expect(Object.keys(schema.shape).map((field) => exampleAt(schema, [field]))).toEqual([
    "https://example.org/keys",
    "0 3 * * *",
    "registry.example/team/app:1.2",
    "1h30m",
    undefined,
    undefined,
  ]);
});
