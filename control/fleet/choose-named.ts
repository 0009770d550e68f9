/** Which thing a person means by a name, or by as much of its path as only one thing has. */
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { nearestName } from "../problems/nearest.ts";

/** `words` are its path from the organization down. */
export type Named<Value> = { readonly words: readonly string[]; readonly value: Value };

/**
 * The one whose path ends with these words, or else the one that holds them in their order. Throws ExitError `usage` with
 * the candidates, or with what was meant, when none or several are.
 */
export function chooseNamed<Value>(what: string, wanted: string, all: readonly Named<Value>[]): Value {
  const parts = wanted.split("/").filter((part) => part !== "");
  const exact = all.filter(({ words }) => parts.length > 0 && endsWith(words, parts));
  const found = exact.length > 0 ? exact : all.filter(({ words }) => parts.length > 0 && holdsInOrder(words, parts));
  const [only, second] = found;
  if (only === undefined) throw noneNamed(what, wanted, all);
  if (second !== undefined) throw new ExitError(exitCodes.usage, `${wanted} may be ${listed(found)}; say which`);
  return only.value;
}

function endsWith(words: readonly string[], parts: readonly string[]): boolean {
  return parts.every((part, index) => words[words.length - parts.length + index] === part);
}

function holdsInOrder(words: readonly string[], parts: readonly string[]): boolean {
  let next = 0;
  for (const word of words) if (word === parts[next]) next += 1;
  return next === parts.length;
}

function noneNamed(what: string, wanted: string, all: readonly Named<unknown>[]): ExitError {
  if (all.length === 0) return new ExitError(exitCodes.usage, `there is no ${what} ${wanted}; there is none at all`);
  const names = all.flatMap(({ words }) => words.map((_, index) => words.slice(index).join("/")));
  const meant = nearestName(wanted, [...new Set(names)]);
  const hint = meant === undefined ? `there are ${listed(all)}` : `did you mean ${meant}?`;
  return new ExitError(exitCodes.usage, `there is no ${what} ${wanted}; ${hint}`);
}

const listedNames = 8;

/** Without the organization, as long as all are of one. */
function listed(found: readonly Named<unknown>[]): string {
  const isOfOne = new Set(found.map(({ words }) => words[0])).size === 1;
  const names = found.slice(0, listedNames).map(({ words }) => words.slice(isOfOne ? 1 : 0).join("/"));
  const more = found.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
