import { expect, it } from "vitest";
import { isNewEnough } from "./version.ts";

it.each([
  ["git version 2.38.5", false],
  ["git version 1.99.0", false],
  ["git version 2.39.0", true],
  ["git version 2.39.5 (Apple Git-154)", true],
  ["git version 2.50.1.windows.1", true],
  ["git version 3.0.0-rc1", true],
  ["not git", false],
])("%s is new enough: %s", (text, verdict) => {
  expect(isNewEnough(text)).toBe(verdict);
});
