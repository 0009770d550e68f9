/** Whether a name says that its value is a secret, and whether a value plainly is none. */

/** Words that a secret's name ends with; what follows them makes it the name of something else, such as TOKEN_URL. */
const secretEndings: readonly (readonly string[])[] = [
  ["password"],
  ["passwd"],
  ["passphrase"],
  ["secret"],
  ["token"],
  ["apikey"],
  ["api", "key"],
  ["secret", "key"],
  ["access", "key"],
  ["private", "key"],
  ["privatekey"],
  ["credential"],
  ["credentials"],
  ["pat"],
];

/** Names as people write them: DB_PASSWORD, db.password, dbPassword, APIKey, TOKEN_2. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  return secretEndings.some((ending) => ending.every((word, position) => word === words.at(position - ending.length)));
}

function wordsOf(name: string): readonly string[] {
  const words = name
    .slice(0, 256)
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/[0-9]+$/, ""));
  return words.filter((word) => word !== "");
}

/**
 * Nothing, a switch, a reference that something else fills in, where a secret is to be found (a file, an address), or a
 * hole left for one. The last only in forms that nobody takes for a secret: `<token>`, `***`, `your-token-here`.
 */
export function isNoSecret(value: string): boolean {
  const text = value.trim();
  return (
    /^(true|false|null|none)?$/i.test(text) ||
    /\$\([^)]+\)|\$\{[^}]+\}|\{\{[^}]+\}\}/.test(text) ||
    /^(\/|[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s]*$/i.test(text) ||
    /^<[^>]*>$|^[*]+$|^x+$|^change[-_ ]?me$/i.test(text) ||
    /^[a-z]+([-_ ][a-z]+)*[-_ ]here$/i.test(text)
  );
}
