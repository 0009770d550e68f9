import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { listenForShutdown } from "./shutdown.ts";

function fakeProcess(): EventEmitter & { readonly exits: number[]; exit(code: number): void } {
  const exits: number[] = [];
  return Object.assign(new EventEmitter(), { exits, exit: (code: number) => void exits.push(code) });
}

describe("listenForShutdown", () => {
  it.each(["SIGINT", "SIGTERM"])("aborts at the first %s and exits with 130 at the second", (name) => {
    const source = fakeProcess();
    using shutdown = listenForShutdown(source);
    source.emit(name);
    expect(shutdown.signal.reason).toMatchObject({ name: "AbortError", message: `stopped by ${name}` });
    expect(source.exits).toEqual([]);
    source.emit("SIGTERM");
    expect(source.exits).toEqual([130]);
  });

  it("takes the SIGINT that npm passes on for the one it was, and a later one for another", () => {
    const source = fakeProcess();
    let nowMs = 0;
    using shutdown = listenForShutdown(source, () => nowMs);
    source.emit("SIGINT");
    nowMs = 100;
    source.emit("SIGINT");
    expect(shutdown.signal.aborted).toBe(true);
    expect(source.exits).toEqual([]);
    nowMs = 300;
    source.emit("SIGINT");
    expect(source.exits).toEqual([130]);
  });

  it("leaves no listener behind", () => {
    const source = fakeProcess();
    listenForShutdown(source)[Symbol.dispose]();
    expect(source.eventNames()).toEqual([]);
  });
});
