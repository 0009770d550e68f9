/** A source line cut and made safe for a terminal, with a caret under one of its columns. */
import { eastAsianWidth } from "get-east-asian-width";
import { redact } from "../../process/redact.ts";
import { sanitize } from "../../process/sanitize.ts";

export type Excerpt = {
  readonly text: string;
  /** How many columns of a terminal stand before the caret. */
  readonly caret: number;
};

/** Columns of a terminal. */
const widthLimit = 96;
const leftOfCaret = 48;
/** Of a long line nothing farther from the caret than this is looked at. */
const reach = 200;
const tabWidth = 4;

/** Undefined for a line with nothing on it. `column` counts UTF-16 units from 1, as places do. */
export function excerptOf(line: string, column: number): Excerpt | undefined {
  const safe = redact(line) === line ? line : undefined;
  if (safe === undefined || safe.trim() === "") return undefined;
  const target = Math.min(column - 1, safe.length);
  const from = Math.max(0, target - reach);
  const { cells, caretCell } = layOut(safe.slice(from, target + reach), target - from);
  const widthOf = (some: readonly Cell[]): number => some.reduce((sum, { width }) => sum + width, 0);
  const isWhole = from === 0 && target + reach >= safe.length && widthOf(cells) <= widthLimit;
  if (isWhole) return { text: textOf(cells), caret: widthOf(cells.slice(0, caretCell)) };
  const first = from === 0 && widthOf(cells.slice(0, caretCell)) <= leftOfCaret ? 0 : startOf(cells, caretCell);
  const last = endOf(cells, first);
  const isCutLeft = from > 0 || first > 0;
  const isCutRight = last < cells.length || target + reach < safe.length;
  return {
    text: `${isCutLeft ? "…" : ""}${textOf(cells.slice(first, last))}${isCutRight ? "…" : ""}`,
    caret: (isCutLeft ? 1 : 0) + widthOf(cells.slice(first, caretCell)),
  };
}

type Cell = { readonly text: string; readonly width: number };

function textOf(cells: readonly Cell[]): string {
  return cells
    .map(({ text }) => text)
    .join("")
    .trimEnd();
}

/** One cell a character, as it is shown; and which of them begins at the offset. */
function layOut(text: string, offset: number): { readonly cells: readonly Cell[]; readonly caretCell: number } {
  const cells: Cell[] = [];
  let at = 0;
  let column = 0;
  let caretCell: number | undefined;
  for (const character of text) {
    if (at >= offset) caretCell ??= cells.length;
    const cell = cellOf(character, column);
    cells.push(cell);
    at += character.length;
    column += cell.width;
  }
  return { cells, caretCell: caretCell ?? cells.length };
}

function cellOf(character: string, column: number): Cell {
  if (character === "\t") {
    const width = tabWidth - (column % tabWidth);
    return { text: " ".repeat(width), width };
  }
  const shown = sanitize(character);
  if (shown !== character) return { text: shown, width: shown.length };
  if (/\p{M}/u.test(character)) return { text: character, width: 0 };
  return { text: character, width: eastAsianWidth(character.codePointAt(0) ?? 0) };
}

function startOf(cells: readonly Cell[], caretCell: number): number {
  let width = 0;
  let first = caretCell;
  for (; first > 0 && width < leftOfCaret; first -= 1) width += cells[first - 1]?.width ?? 0;
  return first;
}

function endOf(cells: readonly Cell[], first: number): number {
  let width = 0;
  let last = first;
  for (; last < cells.length && width < widthLimit; last += 1) width += cells[last]?.width ?? 0;
  return last;
}
