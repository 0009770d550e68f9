import { describe, expect, it } from "vitest";
import { findPathFault, isReadByGit } from "./path.ts";

describe("a path", () => {
  it.each([
    ["empty", "", "has an empty part"],
    ["absolute", "/a", "has an empty part"],
    ["ending in a slash", "a/", "has an empty part"],
    ["with an empty part", "a//b", "has an empty part"],
    ["of the folder itself", "./a", 'has the part "."'],
    ["upwards", "a/../b", 'has the part ".."'],
    ["into .git", "a/.git/config", "has a part that some file systems read as .git"],
    ["into .git by case", ".GIT/x", "has a part that some file systems read as .git"],
    ["into .git by a code point HFS+ ignores", ".g\u200cit/x", "has a part that some file systems read as .git"],
    ["into .git by a space NTFS drops", ".git /x", "has a part that some file systems read as .git"],
    ["into .git by a dot NTFS drops", ".git./x", "has a part that some file systems read as .git"],
    ["into .git by its short name", "GIT~1/x", "has a part that some file systems read as .git"],
    ["into .git by a stream", ".git::$INDEX_ALLOCATION/x", "has a part that some file systems read as .git"],
    ["with a backslash", "a\\b", "holds a backslash"],
    ["with a newline", "a\nb", "holds a control character"],
    ["with a NUL", "a\0b", "holds a control character"],
    ["with a C1 control", "a\u0085b", "holds a control character"],
    ["of half a character", "\ud800", "is not valid Unicode"],
    ["with a long part", "x".repeat(256), "has a part longer than 255 bytes"],
    ["too long", `${"x/".repeat(2100)}x`, "is longer than 4096 bytes"],
  ])("is refused: %s", (_, path, fault) => {
    expect(findPathFault(path)).toBe(fault);
  });

  it.each([".gitignore", ".gitplane/approvals/x.yaml", "a b/ü.yaml", "git", "..a/b..", "a:b", "x".repeat(255)])(
    "is taken: %j",
    (path) => {
      expect(findPathFault(path)).toBeUndefined();
    },
  );
});

it.each([
  [".gitmodules", true],
  ["a/.gitattributes", true],
  [".GITMODULES/x", true],
  [".git\u200cmodules", true],
  [".gitmodules .", true],
  ["GITMOD~1", true],
  ["a/gi7eba~1", true],
  ["g~123456", true],
  [".gitignore", false],
  [".gitplane/approvals/x.yaml", false],
  ["gitplane.yaml", false],
  ["gateway-1~", false],
  ["x.gitmodules", false],
])("%j is read by git itself: %s", (path, verdict) => {
  expect(isReadByGit(path)).toBe(verdict);
});
