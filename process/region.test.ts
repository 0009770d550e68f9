/** The region on a terminal that is really emulated: what stands on the screen after every write. */
import { describe, expect, test } from "vitest";
import { cutLine, Region } from "./region.ts";

const colour = /\u001b\[[\d;]*m/g; // oxlint-disable-line no-control-regex

/** Lines that were written, folded at the width as xterm and its kin do; knows what a region uses. */
class Screen {
  columns: number;
  rows: number;
  /** Logical lines, the last is the one that the cursor stands on. */
  #lines: string[] = [""];
  wrapped = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    for (const part of text.match(/\u001b\[\d*[A-Za-z]|\n|\r|[^\u001b\n\r]+/g) ?? []) this.#take(part); // oxlint-disable-line no-control-regex
  }

  #take(part: string): void {
    const up = /^\u001b\[(\d+)A$/.exec(part); // oxlint-disable-line no-control-regex
    if (up !== null) this.#goUp(Number(up[1]));
    else if (part === "\n") this.#lines.push("");
    else if (!part.startsWith("\u001b[") && part !== "\r") {
      this.#lines[this.#lines.length - 1] += part;
      if (this.#rowsOf(this.#lines.at(-1) ?? "") > 1) this.wrapped += 1;
    }
  }

  /** Every region writes `ESC [ J` at once after it went up, so what is below goes with it. */
  #goUp(rows: number): void {
    let left = rows;
    this.#lines.pop();
    while (left > 0) left -= this.#rowsOf(this.#lines.pop() ?? "");
    expect(left, "the cursor stands at the start of a line").toBe(0);
    this.#lines.push("");
  }

  #rowsOf(line: string): number {
    return Math.max(1, Math.ceil(line.replaceAll(colour, "").length / this.columns));
  }

  get text(): readonly string[] {
    return this.#lines.slice(0, -1).map((line) => line.replaceAll(colour, ""));
  }
}

describe("Region", () => {
  test.for([120, 80, 40, 20, 5, 1])("never wraps at %i columns, and draws over itself", (columns) => {
    const screen = new Screen(columns, 10);
    screen.write("before\n".slice(0, columns) + (columns < 7 ? "\n" : ""));
    const above = screen.text.length;
    const wrapped = screen.wrapped;
    const region = new Region(screen);
    for (let round = 1; round < 4; round += 1)
      region.draw([`round ${round} of what is much longer than forty columns are`, "\u001b[32mgreen\u001b[0m", ""]);
    expect(screen.wrapped).toBe(wrapped);
    expect(screen.text.slice(above)).toEqual(
      [`round 3 of what is much longer than forty columns are`, "green", ""].map((line) =>
        plain(cutLine(line, columns)),
      ),
    );
  });

  test("takes no more rows than there are, and says how many lines are missing", () => {
    const screen = new Screen(30, 5);
    new Region(screen).draw(["a", "b", "c", "d", "e", "f"]);
    expect(screen.text).toEqual(["a", "b", "c", "… 3 more lines"]);
  });

  test.for([
    ["narrower", 20],
    ["much narrower", 7],
    ["wider", 60],
  ] as const)("is drawn where it stood after the terminal became %s", ([, columns]) => {
    const screen = new Screen(40, 20);
    screen.write("prompt\n");
    const region = new Region(screen);
    const lines = ["x".repeat(40), "y".repeat(33), "short"];
    region.draw(lines);
    screen.columns = columns;
    region.redraw();
    expect(screen.text).toEqual(["prompt", ...lines.map((line) => cutLine(line, columns))]);
  });

  test("writes nothing when nothing changed, and goes when told", () => {
    const screen = new Screen(40, 20);
    const written: string[] = [];
    const region = new Region({ columns: 40, rows: 20, write: (text) => (written.push(text), screen.write(text)) });
    region.draw(["a", "b"]);
    region.draw(["a", "b"]);
    expect(written).toHaveLength(1);
    region.clear();
    expect(screen.text).toEqual([]);
  });

  test("takes a terminal without a size for a usual one", () => {
    expect(new Region({ columns: 0, rows: undefined, write: () => true }).size).toEqual({ columns: 80, rows: 24 });
  });
});

test.for([
  ["short", 10, "short"],
  ["exactly ten", 11, "exactly ten"],
  ["too long for it", 8, "too lon…"],
  ["a \u001b[32mgreen\u001b[0m word", 6, "a \u001b[32mgre\u001b[0m…"],
  ["\u{1f600}\u{1f600}\u{1f600}", 5, "\u{1f600}\u{1f600}…"],
  ["漢字漢字", 8, "漢字漢字"],
  ["漢字漢字", 6, "漢字…"],
  ["e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"],
] as const)("cuts %j to %i cells", ([line, width, cut]) => {
  expect(cutLine(line, width)).toBe(cut);
});

function plain(line: string): string {
  return line.replaceAll(colour, "");
}
