import { expect, test } from "vitest";
import type { Problem } from "../../schemas/problem.ts";
import { sarifLog } from "./sarif.ts";

const problem = (code: Problem["code"], file: string, related?: NonNullable<Problem["related"]>): Problem => ({
  code,
  severity: code === "unpinned-class" ? "warning" : "error",
  message: `${code} here`,
  place: { file, line: 3, column: 5 },
  remedy: "mend it",
  ...(related === undefined ? {} : { related }),
});

/** As the standard's schema asks of a log: required members, and every rule index leads to the rule of that id. */
test("is a log of one run with one rule a code and one result a Problem", () => {
  const log = sarifLog(
    [
      problem("unpinned-class", "b.yaml"),
      problem("schema", "a b/ü:%.yaml"),
      problem("schema", "c.yaml", [{ place: { file: "b.yaml", line: 1, column: 2 }, message: "see here" }]),
    ],
    { version: "1.2.3", pathOf: (file) => `specs/${file}` },
  );
  const at = (uri: string, startLine = 3, startColumn = 5): object => ({
    physicalLocation: { artifactLocation: { uri }, region: { startLine, startColumn } },
  });
  expect(JSON.parse(JSON.stringify(log))).toEqual({
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "gitplane",
            version: "1.2.3",
            rules: [
              { id: "schema", shortDescription: { text: "A field is unknown, missing or of the wrong form" } },
              { id: "unpinned-class", shortDescription: { text: "A Binding follows its class" } },
            ],
          },
        },
        columnKind: "utf16CodeUnits",
        results: [
          {
            ruleId: "unpinned-class",
            ruleIndex: 1,
            level: "warning",
            message: { text: "unpinned-class here\nhelp: mend it" },
            locations: [at("specs/b.yaml")],
          },
          {
            ruleId: "schema",
            ruleIndex: 0,
            level: "error",
            message: { text: "schema here\nhelp: mend it" },
            locations: [at("specs/a%20b/%C3%BC%3A%25.yaml")],
          },
          {
            ruleId: "schema",
            ruleIndex: 0,
            level: "error",
            message: { text: "schema here\nhelp: mend it" },
            locations: [at("specs/c.yaml")],
            relatedLocations: [{ id: 1, message: { text: "see here" }, ...at("specs/b.yaml", 1, 2) }],
          },
        ],
      },
    ],
  });
});

test("a log without Problems has an empty list of results, which says that all is well", () => {
  expect(sarifLog([], { version: "1", pathOf: (file) => file })).toMatchObject({
    version: "2.1.0",
    runs: [{ tool: { driver: { name: "gitplane", rules: [] } }, results: [] }],
  });
});
