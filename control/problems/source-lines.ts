/** The lines of the files that Problems stand in, for showing them: read again from where they came, within bounds. */
import type { Place, Problem } from "../../schemas/problem.ts";
import type { SpecsFile } from "../load/load.ts";

/** The line of a place as it is written; undefined when it cannot be shown, or should not be because it may hold a secret. */
export type SourceLines = (place: Place) => string | undefined;

export const noLines: SourceLines = () => undefined;

/** A Problem beyond these is shown without its line. */
const fileLimit = 1000;
const fileLimitBytes = 1024 * 1024;

const secretCodes: ReadonlySet<string> = new Set(["inline-credentials", "secret-in-git", "secret-like-value"]);
/** A field or variable that is called so; references to secrets name them and hold none. */
const secretName =
  /passw|secret(?!-?(ref|name|key|store|reference))|token|credential|(private|api|access|client)[-_]?(key|cert)/i;

export async function readSourceLines(files: readonly SpecsFile[], problems: readonly Problem[]): Promise<SourceLines> {
  const places = problems.flatMap(({ place, related = [] }) => [place, ...related.map((other) => other.place)]);
  const wanted = Map.groupBy(places, ({ file }) => file);
  const named = files.filter(({ shown, kind }) => kind === "blob" && wanted.has(shown)).slice(0, fileLimit);
  const secret = new Set(
    problems.filter(({ code }) => secretCodes.has(code)).map(({ place }) => `${place.line} ${place.file}`),
  );
  const shown = new Map<string, string>();
  for (const file of named) {
    const lines = await readLines(file);
    for (const { line } of wanted.get(file.shown) ?? []) {
      const key = `${line} ${file.shown}`;
      const text = lines[line - 1];
      if (text !== undefined && !secret.has(key) && !maySecret(lines, line - 1)) shown.set(key, text);
    }
  }
  return ({ file, line }) => shown.get(`${line} ${file}`);
}

async function readLines(file: SpecsFile): Promise<readonly string[]> {
  try {
    const bytes = await file.read();
    return bytes.length > fileLimitBytes ? [] : new TextDecoder().decode(bytes).split(/\r?\n/);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "too-large") return [];
    throw error;
  }
}

/** The value of a variable stands beside its name, most often in the next line. */
function maySecret(lines: readonly string[], index: number): boolean {
  const line = lines[index] ?? "";
  if (secretName.test(line)) return true;
  if (!/^[\s-]*value\s*:/.test(line)) return false;
  return [lines[index - 1], lines[index + 1]].some((other) => secretName.test(other ?? ""));
}
