/** Each row is also put to git itself. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readIgnoreRules } from "./ignore-rules.ts";

const paths = [
  "a.yaml",
  "b.yaml",
  "ab.yaml",
  "a/a.yaml",
  "a/b.yaml",
  "a/b/c.yaml",
  "a/b/a/c.yaml",
  "c/a/b.yaml",
  "c/a.yaml",
  "A.yaml",
  "c d.yaml",
  "#x.yaml",
  "!x.yaml",
  "a-b.yaml",
  "a]b.yaml",
  "a*b.yaml",
  "a\\b.yaml",
  "sub/deep/er/x.yaml",

  "c d.yaml ",
];

let repository: string;
beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), "ignore-"));
  execFileSync("git", ["init", "-q", repository]);
  execFileSync("git", ["-C", repository, "config", "core.ignoreCase", "false"]);
});
afterAll(() => rmSync(repository, { recursive: true, force: true }));

function byGit(text: string): readonly string[] {
  writeFileSync(join(repository, ".gitignore"), text);
  try {
    const out = execFileSync("git", ["-C", repository, "check-ignore", "--no-index", "-z", "--stdin"], {
      input: paths.join("\0"),
    });
    return out
      .toString()
      .split("\0")
      .filter((path) => path !== "");
  } catch {
    return []; // git ends with 1 when nothing is ignored
  }
}

test.for([
  "a.yaml\n",
  "/a.yaml\n",
  "a\n",
  "a/\n",
  "/a/\n",
  "a/b\n",
  "a/b/\n",
  "*.yaml\n",
  "*.yaml\n!a.yaml\n",
  "a/\n!a/b.yaml\n",
  "a/*\n!a/b.yaml\n",
  "**/a\n",
  "**/a/b.yaml\n",
  "a/**\n",
  "a/**/c.yaml\n",
  "**/a/**/c.yaml\n",
  "**\n",
  "**/\n",
  "**a.yaml\n",
  "a**\n",
  "a/**/**/c.yaml\n",
  "?.yaml\n",
  "[ab].yaml\n",
  "[!a].yaml\n",
  "[^a].yaml\n",
  "[a-c].yaml\n",
  "[z-a].yaml\n",
  "[]a].yaml\n",
  "a[]]b.yaml\n",
  "[a\n",
  "[\n",
  "\\a.yaml\n",
  "\\#x.yaml\n",
  "\\!x.yaml\n",
  "#x.yaml\n",
  "!x.yaml\n",
  "a\\*b.yaml\n",
  "a\\\\b.yaml\n",
  "a*b.yaml\n",
  "c d.yaml  \n",
  "c d.yaml\\ \n",
  "a.yaml\r\n",
  "\n\n",
  "/\n",
  "!\n",
  "//\n",
  "a//b\n",
  "sub/*/er\n",
  "sub/*/x.yaml\n",
  "*/er/*\n",
  "deep\n",
  "*\n!*.yaml\n",
  "*\n!*/\n!c/a.yaml\n",

  "a?b.yaml\n",
  "a[+--]b.yaml\n",
  "\\\n",
])("%j ignores what git ignores", (text) => {
  const { isIgnored } = readIgnoreRules(".gitplaneignore", text);
  expect(paths.filter(isIgnored)).toEqual(byGit(text));
});

test.for([
  { what: "stars", pattern: `${"*a".repeat(100)}b`, path: "a".repeat(250) },
  { what: "double stars", pattern: `${"**/a*/".repeat(50)}b`, path: `${"a/".repeat(2000)}c` },
  { what: "classes", pattern: `${"[a-z]*".repeat(100)}0`, path: "a".repeat(250) },
])("$what that nearly match are matched as quickly as others", { timeout: 5000 }, ({ pattern, path }) => {
  expect(readIgnoreRules(".gitplaneignore", pattern).isIgnored(path)).toBe(false);
});

test.for([
  { what: "too many rules", text: "a\n".repeat(1001) },
  { what: "too many characters", text: "a".repeat(65_537) },
])("a file of $what ignores nothing and is a Problem", ({ text }) => {
  const { isIgnored, problems } = readIgnoreRules(".gitplaneignore", text);
  expect({ isIgnored: isIgnored("a"), problems }).toEqual({
    isIgnored: false,
    problems: [
      {
        code: "file-too-large",
        severity: "error",
        message:
          ".gitplaneignore has more than 1000 rules or 65536 characters, so it is not followed and nothing is published",
        place: { file: ".gitplaneignore", line: 1, column: 1 },
        remedy: "list folders instead of files",
      },
    ],
  });
});
