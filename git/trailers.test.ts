import { describe, expect, it } from "vitest";
import { readSubject, readTrailers, writeMessage } from "./trailers.ts";

describe("trailers", () => {
  it.each([
    ["none in a subject alone", "Sequence: 1", []],
    ["none in prose", "Subject\n\nSee: this\nand that", []],
    [
      "those of the last paragraph",
      "Subject\n\nA: 1\n\nB: 2\nB: 3\n",
      [
        ["B", "2"],
        ["B", "3"],
      ],
    ],
    ["a value that goes on in the next line", "Subject\n\nA: 1\n  more\n", [["A", "1 more"]]],
    ["an empty value", "Subject\n\nA:\n", [["A", ""]]],
    ["with carriage returns", "Subject\r\n\r\nA: 1\r\n", [["A", "1"]]],
    ["a value with a colon", "Subject\n\nSpecs-Author: A <a@b>: x\n", [["Specs-Author", "A <a@b>: x"]]],
  ])("are read: %s", (_, message, trailers) => {
    expect(readTrailers(message)).toEqual(trailers);
  });

  it.each([
    ["Subject", [["A", "1"]]],
    [
      "Subject\n\nBody\n\nFake: 1",
      [
        ["A", "x\ny"],
        ["A", "\n"],
      ],
    ],
    ["", [["A", "1"]]],
    ["\n\nSubject\0\n\n", []],
    ["Subject\n\nFake: 1\nFake: 2", []],
    ["Subject\n \nFake: 1", []],
    ["Subject\u2028\u2028Fake: 1", []],
  ] as const)("written after %j are the only ones read", (message, trailers) => {
    const expected = trailers.map(([key, value]) => [key, value.trim().replaceAll("\n", " ")]);
    expect(readTrailers(writeMessage(message, trailers))).toEqual(expected);
  });

  it("leave the subject alone", () => {
    expect(readSubject(writeMessage("One\ntwo\n\nThree", [["A", "1"]]))).toBe("One two");
  });
});
