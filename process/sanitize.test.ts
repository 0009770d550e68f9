import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sanitize } from "./sanitize.ts";

describe("sanitize", () => {
  it.each([
    ["an escape sequence", "\u001b]0;owned\u0007x", "\\u{1b}]0;owned\\u{7}x"],
    ["a C1 sequence", "\u009b31mred", "\\u{9b}31mred"],
    ["a bidirectional override", "a\u202etxt.exe", "a\\u{202e}txt.exe"],
    ["an isolate", "\u2066a\u2069", "\\u{2066}a\\u{2069}"],
    ["a carriage return", "ok\rEVIL", "ok\\u{d}EVIL"],
    ["a lone surrogate", "\ud800", "\\u{d800}"],
    ["ordinary text of any script", "héllo 世界 🙂", "héllo 世界 🙂"],
  ])("treats %s", (_name, text, expected) => {
    expect(sanitize(text)).toBe(expected);
  });

  it("keeps line feeds and tabs only when asked", () => {
    expect(sanitize("a\n\tb\r", { keepLineBreaks: true })).toBe("a\n\tb\\u{d}");
    expect(sanitize("a\nb")).toBe("a\\u{a}b");
  });

  it("C50 leaves no control character whatever comes in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(sanitize(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});
