/** Replacements in a text, each of a stretch of the original. What no splice covers stays byte for byte. */

export type Splice = { readonly start: number; readonly end: number; readonly text: string };

/** New lines end as those of the text do. An insertion comes before what is replaced from the same place on. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const ordered = splices.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let result = "";
  let done = 0;
  for (const { start, end, text: replacement } of ordered) {
    result += text.slice(done, start) + replacement.replaceAll("\n", lineEnd);
    done = Math.max(done, end);
  }
  return result + text.slice(done);
}

/** Where the line of this offset starts. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Where the line of this offset ends, before its line end. */
export function lineEnd(text: string, offset: number): number {
  const found = text.indexOf("\n", offset);
  const end = found < 0 ? text.length : found;
  return end > offset && text[end - 1] === "\r" ? end - 1 : end;
}

/** The whole lines between two offsets with one of the line ends beside them, also where the text ends without one. */
export function cutLines(text: string, from: number, to: number): Splice {
  const start = lineStart(text, from);
  const end = text.indexOf("\n", to);
  if (end >= 0) return { start, end: end + 1, text: "" };
  const before = start > 0 ? start - (text[start - 2] === "\r" ? 2 : 1) : 0;
  return { start: before, end: text.length, text: "" };
}
