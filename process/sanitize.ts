/**
 * Makes text from outside safe to show on a terminal: a commit message or an object's name may carry escape sequences that
 * retitle, repaint or type into a terminal, and bidirectional controls that make a line read other than it is (CVE-2021-42574).
 */

export type Sanitize = { readonly keepLineBreaks: boolean };

// C0 and C1 controls, DEL, the bidirectional and invisible format characters, line and paragraph separators, lone surrogates.
const unsafe =
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** The text with every such character written as `\u{hex}`; with `keepLineBreaks`, line feeds and tabs stay. */
export function sanitize(text: string, { keepLineBreaks }: Sanitize = { keepLineBreaks: false }): string {
  return text.replace(unsafe, (character) =>
    keepLineBreaks && (character === "\n" || character === "\t") ? character : escapeOf(character),
  );
}

function escapeOf(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
