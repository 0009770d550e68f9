import { describe, expect, it } from "vitest";
import { levelFrom } from "./log-level.ts";
import { openLog, prettyLine } from "./log.ts";
import { registerSecret } from "./redact.ts";

function collect(pretty: boolean): { readonly lines: string[]; readonly log: ReturnType<typeof openLog> } {
  const lines: string[] = [];
  return { lines, log: openLog({ level: "info", pretty, write: (line) => lines.push(line) }) };
}

describe("openLog", () => {
  it("writes one JSON line with the component, below the level nothing", () => {
    const { lines, log } = collect(false);
    log.child({ component: "host" }).info({ port: 1 }, "listening");
    log.debug("hidden");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-/u) as string,
      component: "host",
      port: 1,
      message: "listening",
    });
  });

  it.each([[true], [false]])("C41 masks secrets in messages, fields and nested errors (pretty: %s)", (pretty) => {
    registerSecret("tok3n-of-the-test");
    const { lines, log } = collect(pretty);
    const cause = new Error("fetch https://u:pa55@h/x failed");
    log.error({ error: new Error("with tok3n-of-the-test", { cause }), url: "https://u:pa55@h" }, "tok3n-of-the-test");
    expect(lines.join("")).not.toMatch(/tok3n|pa55/u);
    expect(lines.join("")).toContain("[redacted]");
  });

  it("writes nothing when silent", () => {
    const lines: string[] = [];
    openLog({ level: "silent", write: (line) => lines.push(line) }).error("x");
    expect(lines).toEqual([]);
  });
});

describe("prettyLine", () => {
  it("C50 is short and lets no terminal escape through", () => {
    const line = JSON.stringify({
      level: "warn",
      time: "2026-01-02T03:04:05.678Z",
      component: "host",
      message: "a\u001b[2Jb",
      n: 1,
    });
    expect(prettyLine(line)).toBe("03:04:05.678 warn  [host] a\\u{1b}[2Jb n=1\n");
  });

  it("shows an error's message, and its stack at debug level only", () => {
    const error = { message: "boom", stack: "Error: boom\n    at x" };
    expect(prettyLine(JSON.stringify({ level: "error", message: "failed", error }))).toBe(" error failed: boom\n");
    expect(prettyLine(JSON.stringify({ level: "debug", message: "failed", error }))).toContain("\n    at x");
  });
});

describe("levelFrom", () => {
  it.each([
    ["DEBUG", "debug"],
    ["nonsense", "info"],
    [undefined, "info"],
  ])("reads %s as %s", (name, level) => {
    expect(levelFrom(name)).toBe(level);
  });
});
