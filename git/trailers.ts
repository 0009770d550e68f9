/**
 * `Key: value` lines at the end of a commit message. Stricter than git-interpret-trailers(1), which also takes a paragraph
 * that is only partly trailers: here every line of the last paragraph must be one, so that prose never becomes a claim.
 */

import { GitError } from "./repository.ts";

export type Trailer = readonly [key: string, value: string];

const LINE = /^([A-Za-z0-9][A-Za-z0-9-]*):[ \t]*(.*)$/u;

/**
 * Message and trailers as one text ending in a newline. Trailers stand in a paragraph of their own, the last one, so what
 * the message says cannot add to them; a message without any whose end reads like trailers is indented to read as prose.
 * Throws GitError `failed` for a key that no reader would take.
 */
export function writeMessage(message: string, trailers: readonly Trailer[]): string {
  const body = cleanText(message);
  const lines = trailers.map(([key, value]) => {
    if (!LINE.test(`${key}: `)) throw new GitError("failed", `${JSON.stringify(key)} is not a trailer key`);
    return `${key}: ${cleanText(value).replace(/\s*\n\s*/gu, " ")}`;
  });
  if (lines.length === 0) return `${indentForgedTrailers(body)}\n`;
  return `${body === "" ? "(no subject)" : body}\n\n${lines.join("\n")}\n`;
}

/** The trailers of a whole message, in order; a line that begins with a space continues the one before. */
export function readTrailers(message: string): readonly Trailer[] {
  const paragraphs = splitParagraphs(message);
  const last = paragraphs.length > 1 ? paragraphs.at(-1) : undefined;
  if (last === undefined) return [];
  const trailers: [string, string][] = [];
  for (const line of last.split("\n")) {
    const previous = trailers.at(-1);
    const match = LINE.exec(line);
    if (match?.[1] !== undefined) trailers.push([match[1], (match[2] ?? "").trim()]);
    else if (previous !== undefined && /^[ \t]/u.test(line)) previous[1] = `${previous[1]} ${line.trim()}`.trim();
    else return [];
  }
  return trailers;
}

/** The first paragraph on one line, as git's `%s`. */
export function readSubject(message: string): string {
  return (splitParagraphs(message)[0] ?? "").replace(/\s*\n\s*/gu, " ");
}

function splitParagraphs(message: string): string[] {
  const text = message
    .replace(/\r\n?/gu, "\n")
    .replace(/^\s*\n/u, "")
    .trimEnd();
  return text === "" ? [] : text.split(/\n(?:[ \t]*\n)+/u);
}

/** Without NUL, carriage returns and white space at the ends. */
function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll("\0", "")
    .replace(/\r\n?|[\u2028\u2029\u0085\v\f]/gu, "\n")
    .trim();
}

function indentForgedTrailers(body: string): string {
  if (readTrailers(body).length === 0) return body;
  const start = body.lastIndexOf(splitParagraphs(body).at(-1) ?? "");
  return `${body.slice(0, start)}  ${body.slice(start).replaceAll("\n", "\n  ")}`;
}
