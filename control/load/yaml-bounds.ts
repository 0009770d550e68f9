/**
 * What a file may hold before anything is built of it. The parser's work grows with the number of tokens, and for errors
 * each is an object with a stack, so both are counted by the lexer alone, which keeps nothing.
 */
import { Lexer } from "yaml";

/** About 300 kB of ordinary specs; built and checked in a second on a slow machine. */
const tokenLimit = 100_000;
/** Every wrong one is an error of its own. */
const escapeLimit = 10_000;

/** More than the lexer makes of a character: the scalar itself, the mark before it, an end of flow or of document. */
const tokensPerCharacter = 4;

/** Why the text is not read at all, or undefined. */
export function refuseText(text: string): string | undefined {
  // Nearly every file: too short to hold too much, so nothing needs to be counted.
  if (text.length < tokenLimit / tokensPerCharacter && text.split("\\", escapeLimit + 1).length <= escapeLimit)
    return undefined;
  let tokens = 0;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > tokenLimit) return `the file has more than ${tokenLimit} parts (words, signs, line ends)`;
    if (token.startsWith('"') && token.split("\\", escapeLimit + 2).length > escapeLimit + 1)
      return `a quoted text has more than ${escapeLimit} escapes`;
  }
  return undefined;
}
