import { expect, test } from "vitest";
import { githubAnnotations } from "./github-annotations.ts";

test("writes one workflow command a Problem, escaped as the runner reads it", () => {
  const text = githubAnnotations(
    [
      {
        code: "schema",
        severity: "error",
        message: "100% wrong: a,b\r\nc",
        place: { file: "a,b:c%.yaml", line: 3, column: 5 },
        remedy: "mend it",
        related: [{ place: { file: "d.yaml", line: 1, column: 2 }, message: "see here" }],
      },
      {
        code: "unpinned-class",
        severity: "warning",
        message: "follows",
        place: { file: "e.yaml", line: 1, column: 1 },
        remedy: "pin it",
      },
    ],
    (file) => `specs/${file}`,
  );
  expect(text).toBe(
    "::error file=specs/a%2Cb%3Ac%25.yaml,line=3,col=5,title=schema::100%25 wrong: a,b\\u{d}%0Ac%0Ahelp: mend it%0Aspecs/d.yaml:1:2: see here\n" +
      "::warning file=specs/e.yaml,line=1,col=1,title=unpinned-class::follows%0Ahelp: pin it\n",
  );
});
