/** Plain text tables, as kubectl prints them: upper-case headings, two spaces between columns, no lines. */

import { sanitize } from "./sanitize.ts";

export type Column<Row> = {
  readonly heading: string;
  readonly value: (row: Row) => string | number | boolean | undefined;
  /** An SGR code such as 31 for red; used only when the table may be coloured. */
  readonly colour?: (row: Row) => number | undefined;
};

/** Colour is for people: a terminal, and no NO_COLOR (https://no-color.org: set and not empty). */
export function isColoured(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
}

/** The table with a line feed after every line. Cells are sanitised; an absent value is `-`. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { coloured = false }: { readonly coloured?: boolean } = {},
): string {
  const cells = rows.map((row) => columns.map((column) => cellText(column.value(row))));
  const headings = columns.map((column) => column.heading.toUpperCase());
  const widths = headings.map((heading, index) =>
    cells.reduce((widest, line) => Math.max(widest, codePoints(line[index] ?? "")), codePoints(heading)),
  );
  const lines = [joinCells(headings, widths, [])];
  for (const [index, row] of rows.entries()) {
    const colours = coloured ? columns.map((column) => column.colour?.(row)) : [];
    lines.push(joinCells(cells[index] ?? [], widths, colours));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function cellText(value: string | number | boolean | undefined): string {
  return value === undefined || value === "" ? "-" : sanitize(String(value));
}

function joinCells(
  cells: readonly string[],
  widths: readonly number[],
  colours: readonly (number | undefined)[],
): string {
  return cells
    .map((cell, index) => {
      const isLast = index === cells.length - 1;
      const padding = isLast ? "" : " ".repeat((widths[index] ?? 0) - codePoints(cell));
      const colour = colours[index];
      return (colour === undefined ? cell : `\u001b[${colour}m${cell}\u001b[0m`) + padding;
    })
    .join("  ");
}

function codePoints(text: string): number {
  return Array.from(text).length;
}
