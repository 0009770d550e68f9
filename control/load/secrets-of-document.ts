/**
 * Secrets in a file of the specs repository, as Problems. A document that holds one is spoiled like one that its schema
 * refuses: nothing of it is rendered, so the secret goes no further, and what it rendered before stays.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, type Document as YamlDocument } from "yaml";
import type { Problem } from "../../schemas/problem.ts";
import type { LineTable } from "./line-table.ts";
import { findSecrets, maskSecrets, type SecretFound } from "./secret-formats.ts";
import { rangeStart } from "./tree-reader.ts";

/** Whoever commits more of them has one mistake, not thousands. */
const secretLimit = 100;

const remedy =
  "revoke it where it was issued, because Git keeps it forever; then keep the new one in the cluster or a store, and refer to it";

/** One Problem at the place of each secret; what it says is not repeated. */
export function secretProblems(file: string, lines: LineTable, secrets: readonly SecretFound[]): readonly Problem[] {
  return secrets.slice(0, secretLimit).map(({ offset, name }) => ({
    code: "secret-in-git",
    severity: "error",
    message: `${name} stands in Git`,
    place: { file, ...lines.position(offset) },
    remedy,
  }));
}

/** Secrets of one document: those that the file's text shows within it, those that escapes spell, the data of Secrets. */
export function secretsOfDocument(document: YamlDocument, shown: readonly SecretFound[]): readonly SecretFound[] {
  return [
    ...shown.filter(({ offset }) => isWithin(document, offset)),
    ...escapedSecrets(document.contents, shown),
    ...secretData(document.contents),
  ];
}

/** Comments before a document's first line are in none. */
export function isWithin({ range }: YamlDocument, offset: number): boolean {
  return range !== undefined && range !== null && offset >= range[0] && offset < range[2];
}

/** The Problem without secrets in its words: messages name keys and values of a document. */
export function maskProblem(problem: Problem): Problem {
  return { ...problem, message: maskSecrets(problem.message), remedy: maskSecrets(problem.remedy) };
}

/** Only double quotes can spell what the text does not show. A loop, because nesting is not bounded yet. */
function escapedSecrets(root: unknown, shown: readonly SecretFound[]): readonly SecretFound[] {
  const found: SecretFound[] = [];
  const waiting = [root];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (isPair(node)) waiting.push(node.key, node.value);
    else if (isMap(node) || isSeq(node)) for (const item of node.items) waiting.push(item);
    else if (isScalar(node) && node.type === "QUOTE_DOUBLE" && typeof node.value === "string") {
      const [offset = 0, end = 0] = node.range ?? [];
      if (node.value.length + 2 === end - offset || shown.some((one) => one.offset >= offset && one.end <= end))
        continue;
      found.push(...findSecrets(node.value).map(({ name }) => ({ offset, end, name })));
    }
  }
  return found;
}

const listDepthLimit = 4;

/** Data of Secrets of any group and version, those in Lists included, at the field that holds it. */
function secretData(node: unknown, impliedKind = "", depth = 0): readonly SecretFound[] {
  if (!isMap(node) || depth > listDepthLimit) return [];
  const kind = textOf(node.get("kind")) || impliedKind;
  if (kind === "Secret") {
    return node.items
      .filter(
        ({ key, value }) => isScalar(key) && (key.value === "data" || key.value === "stringData") && holdsData(value),
      )
      .map(({ key }) => ({ offset: rangeStart(key) ?? 0, end: rangeStart(key) ?? 0, name: "the data of a Secret" }));
  }
  const items = kind.endsWith("List") ? node.get("items", true) : undefined;
  return isSeq(items) ? items.items.flatMap((item) => secretData(item, kind.slice(0, -"List".length), depth + 1)) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function holdsData(value: unknown): boolean {
  return isAlias(value) || (isMap(value) && value.items.length > 0);
}
