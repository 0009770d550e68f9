import { expect, test } from "vitest";
import { handedPaths } from "./admissions.ts";

const receipts = "a".repeat(40);
const to = "data/acme/west";
const handed = { decision: "handed", handedTo: to, clusterUid: "u", receipts };

test.each([
  { what: "what is handed, and no other decision", paths: { a: handed, b: { decision: "kept", movedTo: to } } },
  { what: "a decision that this version does not know", paths: { a: handed, b: { decision: "postponed" } } },
  { what: "an entry that names no plane", paths: { a: handed, b: { ...handed, handedTo: "west" } } },
  { what: "an entry without its facts", paths: { a: handed, b: { decision: "handed", handedTo: to } } },
])("reads $what", ({ paths }) => {
  expect([...handedPaths({ format: 1, paths })]).toEqual([["a", { kind: "data", organization: "acme", name: "west" }]]);
});

test.each([undefined, null, "text", [], {}, { paths: [] }])("%j hands nothing over", (content) => {
  expect([...handedPaths(content)]).toEqual([]);
});
