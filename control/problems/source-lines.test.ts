import { expect, test } from "vitest";
import type { SpecsFile } from "../load/load.ts";
import type { Problem, ProblemCode } from "../../schemas/problem.ts";
import { readSourceLines } from "./source-lines.ts";

function fileOf(shown: string, text: string): SpecsFile {
  return { path: shown, shown, id: shown, kind: "blob", read: () => Promise.resolve(Buffer.from(text)) };
}

function problem(file: string, line: number, code: ProblemCode = "schema"): Problem {
  return { code, severity: "error", message: "", remedy: "", place: { file, line, column: 1 } };
}

async function linesOf(text: string, problems: readonly Problem[]): Promise<readonly (string | undefined)[]> {
  const lines = await readSourceLines([fileOf("a.yaml", text)], problems);
  return problems.map(({ place }) => lines(place));
}

test("gives the lines of Problems and of their related places, without line ends", async () => {
  const place = { file: "b.yaml", line: 1, column: 1 };
  const asked: Problem = { ...problem("a.yaml", 2), related: [{ place, message: "" }] };
  const lines = await readSourceLines([fileOf("a.yaml", "a: 1\r\nb: 2\r\n"), fileOf("b.yaml", "c: 3\n")], [asked]);
  expect([lines(asked.place), lines(place), lines({ ...place, line: 2 }), lines({ ...place, file: "c.yaml" })]).toEqual(
    ["b: 2", "c: 3", undefined, undefined],
  );
});

test.for(["inline-credentials", "secret-in-git", "secret-like-value"] as const)(
  "gives no line that a Problem of code %s stands in, also not to another Problem there",
  async (code) => {
    expect(
      await linesOf("a: 1\nb: 2\n", [problem("a.yaml", 1, code), problem("a.yaml", 1), problem("a.yaml", 2)]),
    ).toEqual([undefined, undefined, "b: 2"]);
  },
);

test.for([
  { text: "password: x\n", line: 1, given: false },
  { text: "  clientKey: x\n", line: 1, given: false },
  { text: "apiToken: x\n", line: 1, given: false },
  { text: "- key: DB_PASSWORD\n  value: 12345\n", line: 2, given: false },
  { text: "- value: 12345\n  key: API_KEY\n", line: 1, given: false },
  { text: "- key: LEVEL\n  value: 3\n", line: 2, given: true },
  { text: "secretRef: x\n", line: 1, given: true },
])("of $text line $line is given: $given", async ({ text, line, given }) => {
  const [found] = await linesOf(text, [problem("a.yaml", line)]);
  expect(found !== undefined).toBe(given);
});

test("gives nothing of a file that is too large, and reads no file without a Problem", async () => {
  const large = Object.assign(new Error("too large"), { code: "too-large" });
  const files = [
    { ...fileOf("a.yaml", ""), read: () => Promise.reject(large) },
    { ...fileOf("b.yaml", ""), read: () => Promise.reject(new Error("read without need")) },
  ];
  const lines = await readSourceLines(files, [problem("a.yaml", 1)]);
  expect(lines({ file: "a.yaml", line: 1, column: 1 })).toBeUndefined();
});
