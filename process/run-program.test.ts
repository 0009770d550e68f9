import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { ExitError, exitCodes } from "./exit-codes.ts";
import { errorLine, runMain, type Main } from "./run-program.ts";

async function run(main: Main, signal = new AbortController().signal): Promise<{ code: number; printed: string }> {
  let printed = "";
  const code = await runMain(main, signal, (text) => (printed += text));
  return { code, printed };
}

describe("runMain", () => {
  it.each<{ readonly name: string; readonly main: Main; readonly code: number; readonly printed: string }>([
    { name: "done for no answer", main: async () => {}, code: 0, printed: "" },
    { name: "main's own code", main: async () => exitCodes.changesPending, code: 1, printed: "" },
    {
      name: "an error's code and one line",
      main: async () => {
        throw new ExitError(exitCodes.unreachable, "cannot reach https://a:b@h/x", { cause: new Error("refused") });
      },
      code: 9,
      printed: "error: cannot reach https://[redacted]@h/x: refused\n",
    },
  ])("answers $name", async ({ main, code, printed }) => {
    expect(await run(main)).toEqual({ code, printed });
  });

  it("is silent and interrupted when the abort is what main threw", async () => {
    const signal = AbortSignal.abort(new DOMException("stopped by SIGINT", "AbortError"));
    expect(await run(async () => signal.throwIfAborted(), signal)).toEqual({ code: 130, printed: "" });
  });
});

describe("errorLine", () => {
  it("shows a stack at debug level only, and no message twice", () => {
    const error = new Error("no such plane: eu", { cause: new Error("no such plane") });
    expect(errorLine(error, "info")).toBe("error: no such plane: eu");
    expect(errorLine(error, "debug")).toContain("\n    at ");
  });
});

describe("the detail of an exit error", () => {
  it.each([
    ["info", "error: no answer"],
    ["debug", "error: no answer\ncurl: refused"],
  ])("at level %s is shown as %j", (level, shown) => {
    const error = new ExitError(exitCodes.unreachable, "no answer", { detail: new Error("curl: refused") });
    expect(errorLine(error, level).split("\nExitError: ")[0]).toBe(shown);
  });
});

describe("runProgram", () => {
  const program = (body: string): string =>
    `import { runProgram } from ${JSON.stringify(new URL("run-program.ts", import.meta.url).href)};
     await runProgram(async ({ signal }) => { ${body} });`;

  it("ends a waiting program on SIGTERM with its own code, and a stubborn one on the second with 130", async () => {
    const waiting = `console.log("up"); setInterval(() => {}, 1000); await new Promise((r) => signal.addEventListener("abort", r)); return 4;`;
    const stubborn = `console.log("up"); signal.addEventListener("abort", () => console.log("asked")); await new Promise(() => setInterval(() => {}, 1000));`;
    const codes = await Promise.all(
      [waiting, stubborn].map(async (body) => {
        const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program(body)]);
        const exited = once(child, "exit");
        child.stdout.on("data", () => child.kill("SIGTERM"));
        return (await exited)[0] as number;
      }),
    );
    expect(codes).toEqual([4, 130]);
  });
});
