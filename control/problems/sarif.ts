/** Problems as a SARIF 2.1.0 log (OASIS standard, docs.oasis-open.org/sarif), for code scanning and editors. */
import { compareText } from "../../schemas/compare.ts";
import type { Place, Problem, RelatedPlace } from "../../schemas/problem.ts";
import { codeTitles } from "./code-titles.ts";

export type SarifOptions = {
  readonly version: string;
  /** From a Problem's file to its path from the repository's root. */
  readonly pathOf: (file: string) => string;
};

export function sarifLog(problems: readonly Problem[], { version, pathOf }: SarifOptions): object {
  const codes = [...new Set(problems.map(({ code }) => code))].toSorted(compareText);
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "gitplane",
            version,
            rules: codes.map((code) => ({ id: code, shortDescription: { text: codeTitles[code] } })),
          },
        },
        // Columns of places count what JavaScript's strings count.
        columnKind: "utf16CodeUnits",
        results: problems.map((problem) => ({
          ruleId: problem.code,
          ruleIndex: codes.indexOf(problem.code),
          level: problem.severity,
          message: { text: `${problem.message}\nhelp: ${problem.remedy}` },
          locations: [{ physicalLocation: location(problem.place, pathOf) }],
          ...relatedLocations(problem.related ?? [], pathOf),
        })),
      },
    ],
  };
}

function relatedLocations(related: readonly RelatedPlace[], pathOf: SarifOptions["pathOf"]): object {
  if (related.length === 0) return {};
  return {
    relatedLocations: related.map(({ place, message }, index) => ({
      id: index + 1,
      message: { text: message },
      physicalLocation: location(place, pathOf),
    })),
  };
}

function location({ file, line, column }: Place, pathOf: SarifOptions["pathOf"]): object {
  return {
    artifactLocation: { uri: pathOf(file).split("/").map(encodeURIComponent).join("/") },
    region: { startLine: line, startColumn: column },
  };
}
