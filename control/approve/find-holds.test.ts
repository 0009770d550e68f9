import { expect, test } from "vitest";
import type { Hold } from "../../schemas/hold.ts";
import { chooseHold } from "./find-holds.ts";

const hold = (hash: string): Hold => ({ hash, reason: "", steps: [{ action: "prune", id: "Namespace/a", uid: "1" }] });
const holds = [
  { plane: "data/acme/eu", hold: hold("abcdef01".padEnd(32, "0")) },
  { plane: "data/acme/us", hold: hold("abcdef02".padEnd(32, "0")) },
];

test("a Hold is found by digits that no other begins with", () => {
  expect(chooseHold("abcdef02", holds).plane).toBe("data/acme/us");
});

test.each([
  { wanted: "abcde", says: /at least 6 digits/ },
  { wanted: "ABCDEF01", says: /at least 6 digits/ },
  { wanted: "../../..", says: /at least 6 digits/ },
  { wanted: "abcdef", says: /several Holds begin with abcdef: .* of data\/acme\/eu, .* of data\/acme\/us/ },
  { wanted: "123456", says: /no plane has a Hold 123456 now/ },
])("$wanted chooses none", ({ wanted, says }) => {
  expect(() => chooseHold(wanted, holds)).toThrow(says);
});
