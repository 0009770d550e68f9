/**
 * `.gitplaneignore`, by the rules of gitignore(5). Matched without regular expressions: those that other libraries make of
 * a pattern with several stars need longer than the universe for a path that nearly matches.
 */
import type { Problem } from "../../schemas/problem.ts";

export type IgnoreRules = {
  readonly isIgnored: (path: string) => boolean;
  readonly problems: readonly Problem[];
};

export const noRules: IgnoreRules = { isIgnored: () => false, problems: [] };

const lengthLimit = 64 * 1024;
const ruleLimit = 1000;

/** Beyond the limits the rules are refused. */
export function readIgnoreRules(file: string, text: string): IgnoreRules {
  const rules = text.length > lengthLimit ? undefined : text.split("\n").flatMap(readRule);
  if (rules === undefined || rules.length > ruleLimit) return refuseIgnoreRules(file);
  return { isIgnored: judgeBy(rules), problems: [] };
}

/** Nothing is ignored then, so that every document is judged; whoever publishes must not, for the same reason. */
export function refuseIgnoreRules(file: string): IgnoreRules {
  const message = `${file} has more than ${ruleLimit} rules or ${lengthLimit} characters, so it is not followed and nothing is published`;
  const place = { file, line: 1, column: 1 };
  const remedy = "list folders instead of files";
  return { ...noRules, problems: [{ code: "file-too-large", severity: "error", message, place, remedy }] };
}

type Rule = {
  readonly isException: boolean;
  readonly isForFolders: boolean;
  /** Between slashes. A pattern without a slash stands for itself in any folder. */
  readonly segments: readonly string[];
};

function readRule(line: string): readonly Rule[] {
  const trimmed = line.replace(/\r$/, "").replace(/(?<![\\ ]) +$/, "");
  if (trimmed === "" || trimmed.startsWith("#")) return [];
  const isException = trimmed.startsWith("!");
  const pattern = isException ? trimmed.slice(1) : trimmed;
  const isForFolders = pattern.endsWith("/");
  const path = isForFolders ? pattern.slice(0, -1) : pattern;
  if (path === "") return [];
  const segments = path.includes("/") ? path.replace(/^\//, "").split("/") : ["**", path];
  return [{ isException, isForFolders, segments }];
}

/** In a folder that is ignored no exception counts, and what folders are is asked once for all that they hold. */
function judgeBy(rules: readonly Rule[]): (path: string) => boolean {
  if (rules.length === 0) return noRules.isIgnored;
  const folders = new Map<string, boolean>([["", false]]);
  const latestFirst = rules.toReversed();
  const judge = (segments: readonly string[], isFolder: boolean): boolean => {
    if (isFolderIgnored(segments.slice(0, -1))) return true;
    const rule = latestFirst.find((one) => (isFolder || !one.isForFolders) && matchesPath(one.segments, segments));
    return rule !== undefined && !rule.isException;
  };
  const isFolderIgnored = (segments: readonly string[]): boolean => {
    const key = segments.join("/");
    const known = folders.get(key);
    if (known !== undefined) return known;
    const isIgnored = judge(segments, true);
    folders.set(key, isIgnored);
    return isIgnored;
  };
  return (path) => judge(path.split("/"), false);
}

/**
 * `**` stands for any folders, at the end for anything inside. Going back to the last `**` is enough: what an earlier one
 * could take, the later one can too, so the work is at most one length times the other.
 */
function matchesPath(pattern: readonly string[], path: readonly string[]): boolean {
  let at = 0;
  let inPath = 0;
  let resume: { readonly at: number; inPath: number } | undefined;
  while (inPath < path.length) {
    const segment = pattern[at];
    if (segment === "**") {
      if (at === pattern.length - 1) return true;
      at += 1;
      resume = { at, inPath };
    } else if (segment !== undefined && matchesName(segment, path[inPath] ?? "")) {
      at += 1;
      inPath += 1;
    } else if (resume !== undefined) {
      resume.inPath += 1;
      at = resume.at;
      inPath = resume.inPath;
    } else return false;
  }
  return at === pattern.length;
}

/** As above, with `*` for any characters, `?` for one, `[…]` for one of several and a backslash before what stands for itself. */
function matchesName(pattern: string, name: string): boolean {
  let at = 0;
  let inName = 0;
  let resume: { readonly at: number; inName: number } | undefined;
  while (inName < name.length) {
    const taken = pattern[at] === "*" ? undefined : matchCharacter(pattern, at, name[inName] ?? "");
    if (pattern[at] === "*") {
      at += 1;
      resume = { at, inName };
    } else if (taken !== undefined) {
      at = taken;
      inName += 1;
    } else if (resume !== undefined) {
      resume.inName += 1;
      at = resume.at;
      inName = resume.inName;
    } else return false;
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}

/** Where the pattern goes on after it took the character; undefined when it does not take it. */
function matchCharacter(pattern: string, at: number, character: string): number | undefined {
  const sign = pattern[at];
  if (sign === "?") return at + 1;
  if (sign === "[") return matchClass(pattern, at, character);
  if (sign === "\\") return pattern[at + 1] === character ? at + 2 : undefined;
  return sign === character ? at + 1 : undefined;
}

/** `[a-z]`, `[!a]`, `[]a]`. One that is never closed matches nothing, as in git. */
function matchClass(pattern: string, start: number, character: string): number | undefined {
  const isNegated = pattern[start + 1] === "!" || pattern[start + 1] === "^";
  const first = start + (isNegated ? 2 : 1);
  let isIn = false;
  for (let at = first; at < pattern.length; at += 1) {
    if (pattern[at] === "]" && at > first) return isIn === isNegated ? undefined : at + 1;
    if (pattern[at] === "\\") at += 1;
    const low = pattern[at] ?? "";
    const isRange = pattern[at + 1] === "-" && pattern[at + 2] !== undefined && pattern[at + 2] !== "]";
    if (isRange) at += pattern[at + 2] === "\\" ? 3 : 2;
    const high = isRange ? (pattern[at] ?? "") : low;
    if (low <= character && character <= high) isIn = true;
  }
  return undefined;
}
