/** One document of a file taken out, with its marker line and the comments that stand in it. */
import { type CST, Parser } from "yaml";

type DocumentToken = CST.Document;

/**
 * `position` counts as the parser does, empty documents included. Comments at the top of a file that an empty line parts
 * from its first document are the file's and stay. Undefined where the document cannot be told from its neighbours.
 */
export function cutDocument(text: string, position: number): string | undefined {
  const starts = documentStarts(text);
  const start = starts[position];
  if (start === undefined) return undefined;
  const next = starts[position + 1];
  if (position > 0) return text.slice(0, start.offset) + (next === undefined ? "" : text.slice(next.offset));
  const head = /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*\r?\n/.exec(text.slice(0, start.offset))?.[0] ?? "";
  if (next === undefined) return head;
  const rest = text.slice(next.offset);
  return head + (start.isMarked ? rest : rest.replace(/^---[ \t]*\r?\n/, ""));
}

type Start = { readonly offset: number; readonly isMarked: boolean };

/** Where each document starts: at its directives, or its marker; the first at its first line that is no comment. */
function documentStarts(text: string): readonly Start[] {
  const starts: Start[] = [];
  let directives: number | undefined;
  for (const token of new Parser().parse(text)) {
    if (token.type === "directive") directives ??= token.offset;
    if (token.type !== "document") continue;
    const marker = markerOf(token);
    starts.push({ offset: directives ?? marker ?? token.offset, isMarked: marker !== undefined });
    directives = undefined;
  }
  return starts;
}

function markerOf({ start }: DocumentToken): number | undefined {
  return start.find(({ type }) => type === "doc-start")?.offset;
}
