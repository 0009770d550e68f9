/**
 * A part of a terminal that is drawn over itself: lines cut to its width, so that none wraps, and to its height, so that none
 * scrolls away. What stood above stays, and what was drawn last stays when the program ends.
 */
import { eastAsianWidth } from "get-east-asian-width";

export type Size = { readonly columns: number; readonly rows: number };

/** The part of a terminal that is used; a test passes its own. */
export type Terminal = {
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  write(text: string): unknown;
};

/** Where a terminal does not say. */
const usualSize: Size = { columns: 80, rows: 24 };

export class Region {
  readonly #terminal: Terminal;
  #drawn: readonly string[] = [];
  #lines: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get size(): Size {
    const { columns, rows } = this.#terminal;
    // A size of nothing is how a terminal without a size says so.
    return { columns: columns || usualSize.columns, rows: rows || usualSize.rows };
  }

  draw(lines: readonly string[]): void {
    this.#lines = lines;
    this.#show(fitLines(lines, this.size));
  }

  /** After the terminal changed its size. */
  redraw(): void {
    const { columns, rows } = this.size;
    const height = this.#drawn.reduce((sum, line) => sum + rowsOf(line, columns), 0);
    this.#terminal.write(eraseRows(Math.min(height, rows - 1)));
    this.#drawn = [];
    this.#show(fitLines(this.#lines, this.size));
  }

  /** Takes it off the screen. */
  clear(): void {
    this.#terminal.write(eraseRows(this.#drawn.length));
    this.#drawn = [];
    this.#lines = [];
  }

  /** Writes from the first line that is another one. */
  #show(next: readonly string[]): void {
    const found = next.findIndex((line, index) => line !== this.#drawn[index]);
    const same = found === -1 ? next.length : found;
    const stale = this.#drawn.length - same;
    const fresh = next.slice(same);
    if (stale > 0 || fresh.length > 0)
      this.#terminal.write(eraseRows(stale) + fresh.map((line) => `${line}\n`).join(""));
    this.#drawn = next;
  }
}

function eraseRows(rows: number): string {
  return rows === 0 ? "" : `\u001b[${rows}A\r\u001b[J`;
}

/** A terminal that becomes narrower folds what it shows. */
function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(seenWidth(line) / columns));
}

/** As many lines as fit above the one that the cursor stands on, each cut to the width; the last says what is missing. */
export function fitLines(lines: readonly string[], { columns, rows }: Size): readonly string[] {
  const room = Math.max(1, rows - 1);
  const more = lines.length - room + 1;
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${more} more lines`];
  return shown.map((line) => cutLine(line, columns));
}

/** The characters that fit in `columns` cells, with `…` for what does not; colours (`ESC [ 32 m`) take none and are closed. */
export function cutLine(line: string, columns: number): string {
  if (seenWidth(line) <= columns) return line;
  let left = columns - 1;
  let isFull = false;
  let cut = "";
  for (const { text, width } of cellsOf(line)) {
    isFull ||= width > left;
    if (width > 0 && isFull) continue;
    cut += text;
    left -= width;
  }
  return `${cut}…`;
}

function seenWidth(line: string): number {
  return cellsOf(line).reduce((sum, { width }) => sum + width, 0);
}

/** Characters with the cells that they take; a colour is one character of none. */
function cellsOf(line: string): readonly { readonly text: string; readonly width: number }[] {
  // oxlint-disable-next-line no-control-regex -- ESC is what a colour starts with
  return (line.match(/\u001b\[[\d;]*m|\P{Mark}\p{Mark}*|\p{Mark}/gu) ?? []).map((text) => ({
    text,
    width: text.startsWith("\u001b[") || /^\p{Mark}/u.test(text) ? 0 : eastAsianWidth(text.codePointAt(0) ?? 0),
  }));
}
