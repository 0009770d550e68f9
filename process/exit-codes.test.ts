import { describe, expect, it } from "vitest";
import { ExitError, exitCodeOf, exitCodes } from "./exit-codes.ts";

const withCode = (code: string, extra: object = {}): Error => Object.assign(new Error(code), { code, ...extra });

describe("exitCodeOf", () => {
  it.each([
    ["an exit error", new ExitError(exitCodes.held, "held"), 4],
    ["an unreachable remote", withCode("unreachable"), 9],
    [
      "a refused connection inside two wrappers",
      new Error("a", { cause: new Error("b", { cause: withCode("ECONNREFUSED") }) }),
      9,
    ],
    ["a corrupt object", withCode("corrupt"), 8],
    ["an abort", new DOMException("stopped", "AbortError"), 130],
    ["an unknown option of commander", withCode("commander.unknownOption", { exitCode: 1 }), 2],
    ["commander's help", withCode("commander.helpDisplayed", { exitCode: 0 }), 0],
    ["an error without a code", new Error("boom"), 5],
    ["something that is no error", "boom", 5],
  ])("maps %s", (_name, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  it("ends on an error that causes itself", () => {
    const error = new Error("loop");
    error.cause = error;
    expect(exitCodeOf(error)).toBe(exitCodes.failed);
  });
});
