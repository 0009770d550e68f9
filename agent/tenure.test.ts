import { describe, expect, test } from "vitest";
import { Tenure, type Told } from "./tenure.ts";

function open(instance: string, predecessors: readonly string[] = []) {
  let nowMs = 0;
  const options = { instance, predecessors: new Set(predecessors), patienceMs: 100, askAgainMs: 1000 };
  return {
    tenure: new Tenure({ ...options, nowMs: () => nowMs }),
    pass: (ms: number): void => void (nowMs += ms),
  };
}

const first: Told = { instance: "first", term: 3 };

describe("a process that starts", () => {
  const cases: readonly (readonly [
    name: string,
    told: Told | undefined,
    predecessors: readonly string[],
    term: number,
  ])[] = [
    ["holds a plane of which nobody ever said anything", undefined, [], 1],
    ["holds what was held on its own volume, with a greater term", first, ["older", "first"], 4],
    ["holds what was left in good order", { ...first, ended: true }, [], 4],
    ["holds what was written before there were terms, on its own volume", { instance: "first" }, ["first"], 1],
  ];
  test.for(cases)("%s", ([, told, predecessors, term]) => {
    const { tenure } = open("second", predecessors);
    expect(tenure.judge(told)).toBe("holds");
    expect(tenure.term).toBe(term);
  });

  test("asks another holder, and takes over when no answer comes in time", () => {
    const { tenure, pass } = open("second");
    expect(tenure.judge(first)).toBe("ask");
    expect(tenure.judge(first)).toBe("ask");
    tenure.noteAsked("first");
    pass(99);
    expect(tenure.judge({ ...first, asks: "second" })).toBe("wait");
    pass(1);
    expect(tenure.judge({ ...first, asks: "second" })).toBe("holds");
    expect(tenure.term).toBe(4);
  });

  test("waits behind a holder that answers, asks it again much later, and takes over once it has left", () => {
    const { tenure, pass } = open("second");
    tenure.judge(first);
    tenure.noteAsked("first");
    expect(tenure.rival).toBeUndefined();
    pass(50);
    expect(tenure.judge(first)).toBe("wait");
    expect([tenure.rival, tenure.term]).toEqual(["first", undefined]);
    pass(999);
    expect(tenure.judge(first)).toBe("wait");
    pass(1);
    expect(tenure.judge(first)).toBe("ask");
    expect(tenure.judge({ ...first, ended: true })).toBe("holds");
  });

  test("waits while another that asks wrote over its question", () => {
    const { tenure } = open("second");
    tenure.judge(first);
    tenure.noteAsked("first");
    expect(tenure.judge({ ...first, asks: "third" })).toBe("wait");
  });
});

describe("a holder", () => {
  test("goes on before its first word is on the branch, and stops when another has a term like its own or a later one", () => {
    const { tenure } = open("second", ["first"]);
    tenure.judge(first);
    expect(tenure.judge(first)).toBe("holds");
    expect(tenure.judge({ instance: "third", term: 3 })).toBe("holds");
    expect(tenure.judge({ instance: "third", term: 4 })).toBe("wait");
    expect(tenure.rival).toBe("third");
  });

  test("that began without Git outbids what its own volume said later than its clone knew", () => {
    const { tenure } = open("third", ["first", "second"]);
    tenure.judge(first);
    expect(tenure.judge({ instance: "second", term: 9 })).toBe("holds");
    expect(tenure.term).toBe(10);
  });

  test("knows who asks for it", () => {
    const { tenure } = open("first");
    tenure.judge(undefined);
    expect(tenure.isAsked({ instance: "first", term: 1 })).toBe(false);
    expect(tenure.isAsked({ instance: "first", term: 1, asks: "second" })).toBe(true);
    expect(tenure.isAsked({ instance: "other", term: 1, asks: "second" })).toBe(false);
  });
});
