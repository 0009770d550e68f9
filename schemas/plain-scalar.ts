/** A plain scalar of one line, by the core schema of YAML 1.2, where every reader of YAML would read the same. */

/** Thrown inside the quick readers, of specs and of state, and caught there: only the full parser can tell. */
export class NotPlain extends Error {}

/** Starts with no indicator and no sign, and holds nothing that ends a plain scalar. */
const plain = /^[A-Za-z0-9_/.](?:[^:#]|:(?=[^ ])|(?<! )#)*$/;
const looksNumeric = /^(?:0x[0-9a-f]+|0o[0-7]+|[0-9.]+(?:e[-+]?[0-9]+)?|\.(?:inf|nan))$/i;
const wholeNumber = /^(?:0|[1-9][0-9]{0,14})$/;

/** Throws NotPlain. Numbers other than short whole ones, and other spellings of true, are left to the full parser. */
export function plainScalar(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  if (wholeNumber.test(text)) return Number(text);
  if (!plain.test(text) || looksNumeric.test(text) || /^(?:true|false|null)$/i.test(text)) throw new NotPlain();
  return text;
}
