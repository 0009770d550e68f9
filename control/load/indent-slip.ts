/**
 * Which of two lines that should start in the same column is the one that is off. The parser notices the later one; but where
 * more lines around keep to its column than to the other's, or it is where the step of the lines above leads, the earlier is.
 */

/** The first sign of the line that is off, and where the fields end beside which it should stand. */
export type LineOff = { readonly offset: number; readonly until: number };

/** Takes an offset in each of both lines, the earlier first. */
export function lineOff(text: string, earlier: number, later: number): LineOff {
  const around = linesAround(text, later);
  const before = around.find(({ start, end }) => start <= earlier && earlier <= end);
  const after = around.find(({ start, end }) => start <= later && later <= end);
  if (before === undefined || after === undefined) return { offset: later, until: later };
  const { parent, block } = blockOf(around, before, Math.min(before.column, after.column));
  const like = ({ column }: Line): number => block.filter((line) => line.column === column).length;
  const isEarlierOff =
    like(before) === like(after)
      ? after.column === (around[parent]?.column ?? -stepOf(around, parent)) + stepOf(around, parent)
      : like(before) < like(after);
  const off = isEarlierOff ? before : after;
  return { offset: off.start + off.blanks, until: block.at(-1)?.end ?? off.end };
}

/** The line that starts the fields which the line at the offset is beside, or undefined at the top. */
export function firstNeighbour(text: string, offset: number): number | undefined {
  const around = linesAround(text, offset);
  const at = around.findIndex(({ start, end }) => start <= offset && offset <= end);
  const { column = 0 } = around[at] ?? {};
  const parent = around.slice(0, Math.max(at, 0)).findLastIndex((line) => line.column < column);
  const first = around[parent + 1];
  return parent < 0 || first === undefined || parent + 1 >= at ? undefined : first.start + first.blanks;
}

type Line = {
  readonly start: number;
  readonly end: number;
  readonly blanks: number;
  /** Where its field starts: behind the dashes of a list. */
  readonly column: number;
};

/** Far more than the fields of one map; a neighbour that is farther away tells nobody anything. */
const reachCharacters = 5_000;

/** Lines with something but a comment in them. */
function linesAround(text: string, offset: number): readonly Line[] {
  const from = Math.max(0, offset - reachCharacters);
  let start = from === 0 ? 0 : text.indexOf("\n", from) + 1;
  const lines: Line[] = [];
  for (const line of text.slice(start, offset + reachCharacters).split("\n")) {
    const blanks = /^ */.exec(line)?.[0].length ?? 0;
    const lead = /^ *(?:- +)*/.exec(line)?.[0].length ?? 0;
    if (/^\s*[^\s#]/.test(line)) lines.push({ start, end: start + line.length, blanks, column: lead });
    start += line.length + 1;
  }
  return lines;
}

/** The lines below the same parent, which is the last line above that starts left of the column; -1 at the top. */
function blockOf(around: readonly Line[], line: Line, column: number) {
  const parent = around.slice(0, around.indexOf(line)).findLastIndex((above) => above.column < column);
  const outer = around[parent]?.column ?? -1;
  const rest = around.slice(parent + 1);
  const end = rest.findIndex(({ blanks }) => blanks < column && blanks <= outer);
  return { parent, block: end < 0 ? rest : rest.slice(0, end) };
}

/** How far the lines above are indented from each other; two where there are none. */
function stepOf(around: readonly Line[], parent: number): number {
  const { column = 0 } = around[parent] ?? {};
  const above = around.slice(0, Math.max(parent, 0)).findLast((line) => line.column < column);
  return above === undefined ? 2 : column - above.column;
}
