import { describe, expect, it } from "vitest";
import { formatTable, isColoured, type Column } from "./table.ts";

type Row = { readonly name: string; readonly health?: string };
const columns: readonly Column<Row>[] = [
  { heading: "name", value: (row) => row.name },
  { heading: "health", value: (row) => row.health, colour: (row) => (row.health === "Degraded" ? 31 : undefined) },
];

describe("formatTable", () => {
  it("aligns by code points and shows absence as a dash", () => {
    const rows = [{ name: "a🙂b", health: "Healthy" }, { name: "longer-name" }];
    expect(formatTable(columns, rows)).toBe("NAME         HEALTH\na🙂b          Healthy\nlonger-name  -\n");
  });

  it("colours without moving a column, and only when asked", () => {
    const rows = [{ name: "a", health: "Degraded" }];
    expect(formatTable(columns, rows, { coloured: true })).toBe("NAME  HEALTH\na     \u001b[31mDegraded\u001b[0m\n");
    expect(formatTable(columns, rows)).toBe("NAME  HEALTH\na     Degraded\n");
  });

  it("C50 lets no escape sequence of a cell through", () => {
    expect(formatTable(columns, [{ name: "\u001b[2J\nx" }])).toBe("NAME             HEALTH\n\\u{1b}[2J\\u{a}x  -\n");
  });
});

describe("isColoured", () => {
  it.each([
    { name: "a terminal", stream: { isTTY: true }, environment: {}, expected: true },
    { name: "a pipe", stream: {}, environment: {}, expected: false },
    { name: "NO_COLOR", stream: { isTTY: true }, environment: { NO_COLOR: "1" }, expected: false },
    { name: "an empty NO_COLOR", stream: { isTTY: true }, environment: { NO_COLOR: "" }, expected: true },
    { name: "a dumb terminal", stream: { isTTY: true }, environment: { TERM: "dumb" }, expected: false },
  ])("decides for $name", ({ stream, environment, expected }) => {
    expect(isColoured(stream, environment)).toBe(expected);
  });
});
