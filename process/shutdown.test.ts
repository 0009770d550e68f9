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

  it("leaves no listener behind", () => {
    const source = fakeProcess();
    listenForShutdown(source)[Symbol.dispose]();
    expect(source.eventNames()).toEqual([]);
  });
});
