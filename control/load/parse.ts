/**
 * One file of the specs repository to its resources. A syntax error spoils the file, a schema error its document; what is
 * spoiled is kept as text, because what it may have held decides what must not be deleted (invariant 3). Never throws:
 * whatever a person can commit comes back as Problems.
 */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Document as YamlDocument } from "yaml";
import { bindingKinds, claimKinds, isKind, kinds, type Resource } from "../../schemas/kinds.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import type { Place, Problem, ProblemCode } from "../../schemas/problem.ts";
import { type Allowance, everything } from "./allowance.ts";
import { decode, textOf } from "./file-text.ts";
import { LineTable } from "./line-table.ts";
import { checkSchema } from "./check-schema.ts";
import type { DescribedIssue } from "./describe-issue.ts";
import { foreignProblem, type Header } from "./foreign-problem.ts";
import { findSecrets } from "./secret-formats.ts";
import { isWithin, maskProblem, secretProblems, secretsOfDocument } from "./secrets-of-document.ts";
import type { SpoiledText } from "./spoiled-words.ts";
import { syntaxProblems, tooDeep } from "./syntax-problem.ts";
import { at, toPlain, type TracedMap } from "./traced.ts";
import { readPlainYaml } from "./plain-yaml.ts";
import { placeOf, rangeStart, TreeReader, type YamlSubject } from "./tree-reader.ts";
import { refuseText } from "./yaml-bounds.ts";

/** A resource with the tree it was read from. */
export type SpecDocument<R extends Resource = Resource> = {
  readonly resource: R;
  readonly tree: TracedMap;
  readonly place: Place;
  /** The document's own text, for when it turns out to be unusable beside others. */
  readonly text: string;
  /** Whose Releases it may hold back then. */
  readonly holds: Allowance;
};

export type ParsedFile = {
  readonly documents: readonly SpecDocument[];
  readonly problems: readonly Problem[];
  readonly spoiled: readonly SpoiledText[];
};

const fileLimitBytes = 1024 * 1024;
const documentLimit = 1000;

export function parseFile(file: string, bytes: Uint8Array): ParsedFile {
  const text = (bytes.length > fileLimitBytes ? undefined : decode(bytes)) ?? "";
  const secrets = findSecrets(text);
  const documents = secrets.length === 0 ? quickDocuments(file, text) : undefined;
  if (documents !== undefined) return { documents, problems: [], spoiled: [] };
  const read = readSubjects(file, bytes);
  if ("spoiled" in read) return read;
  const lines = new LineTable(text);
  const stray = secrets.filter(({ offset }) => !read.some(({ document }) => isWithin(document, offset)));
  const results = read.map((subject) =>
    refuseSecrets(parseDocument(subject), secretProblems(file, lines, secretsOfDocument(subject.document, secrets))),
  );
  return {
    documents: results.flatMap((result) => result.documents),
    problems: [...results.flatMap((result) => result.problems), ...secretProblems(file, lines, stray)],
    spoiled: results.flatMap((result) => result.spoiled),
  };
}

/** Undefined where anything is wrong or unusual: then the full parser looks, which knows every place. */
function quickDocuments(file: string, text: string): readonly SpecDocument[] | undefined {
  const documents: SpecDocument[] = [];
  for (const { tree, text: own } of readPlainYaml(file, text) ?? []) {
    const plain = toPlain(tree);
    const header = readHeader(plain);
    const checked =
      header.apiVersion === apiVersion && isKind(header.kind) ? kinds[header.kind].safeParse(plain) : undefined;
    if (checked?.success !== true) return undefined;
    documents.push({ resource: checked.data, tree, place: placeOf(tree.origin, file), text: own, holds: everything });
  }
  return documents.length === 0 ? undefined : documents;
}

/** The file's documents that are not empty, whatever they are; when it cannot be read as YAML, what is wrong with it. */
export function readSubjects(file: string, bytes: Uint8Array): readonly Subject[] | ParsedFile {
  if (bytes.length > fileLimitBytes) {
    const message = `the file has ${bytes.length} bytes, the limit is ${fileLimitBytes}`;
    return spoiledFile({ file, text: textOf(bytes) }, [problemAt(file, "file-too-large", message)]);
  }
  const text = decode(bytes);
  if (text === undefined) {
    const problem = {
      ...problemAt(file, "invalid-encoding", "the file is not UTF-8 text"),
      remedy: "save it as UTF-8",
    };
    return spoiledFile({ file, text: textOf(bytes) }, [problem]);
  }
  return splitText(file, text);
}

function splitText(file: string, text: string): readonly Subject[] | ParsedFile {
  const refusal = refuseText(text);
  if (refusal !== undefined) return spoiledFile({ file, text }, [problemAt(file, "file-too-large", refusal)]);
  const lines = new LineTable(text);
  const documents = parseYaml(text);
  if (documents === undefined) {
    const problem = { ...problemAt(file, "yaml-syntax", tooDeep), remedy: "simplify the document" };
    return spoiledFile({ file, text }, [problem]);
  }
  const errors = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (errors.length > 0) return spoiledFile({ file, text }, syntaxProblems({ file, text, lines }, errors));
  if (documents.length > documentLimit) {
    const problem = problemAt(file, "file-too-large", `the file has more than ${documentLimit} documents`);
    return spoiledFile({ file, text }, [problem]);
  }
  return documents
    .filter((document) => !isEmpty(document))
    .map((document) => ({ file, lines, document, text: documentText(text, document) }));
}

/** Nothing of a document with a secret is used, and nothing that is said of it repeats the secret. */
function refuseSecrets(parsed: ParsedFile, secrets: readonly Problem[]): ParsedFile {
  if (secrets.length === 0) return parsed;
  return {
    documents: [],
    problems: [...parsed.problems.map(maskProblem), ...secrets],
    spoiled: [...parsed.spoiled, ...parsed.documents.map(({ text }) => spoiledText(text))],
  };
}

/** Between two `---` lines there may stand nothing, or only comments. */
function isEmpty(document: YamlDocument): boolean {
  return document.contents === null || (isScalar(document.contents) && document.contents.value === null);
}

/**
 * Undefined when it cannot be read: the parser recurses, and nesting beyond the stack surfaces as one error or another.
 * Its own search for repeated keys is quadratic (a minute for a file of keys), so the tree reader does that.
 */
function parseYaml(text: string): readonly YamlDocument[] | undefined {
  try {
    const documents = parseAllDocuments(text, {
      version: "1.2",
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
      intAsBigInt: true,
    });
    return Array.isArray(documents) ? documents : [];
  } catch {
    return undefined; // the caller reports it
  }
}

export type Subject = YamlSubject & { readonly text: string };

function parseDocument(subject: Subject): ParsedFile {
  const { file, text } = subject;
  const reader = new TreeReader(subject);
  const tree = reader.read(subject.document.contents);
  if (reader.problems.length > 0 || tree === undefined)
    return { documents: [], problems: reader.problems, spoiled: [spoiledText(text)] };
  const place = placeOf(tree.origin, file);
  const spoil = (problem: Problem): ParsedFile => ({
    documents: [],
    problems: [problem],
    spoiled: [spoiledText(text)],
  });
  if (tree.kind !== "map") {
    return spoil({
      code: "foreign-document",
      severity: "error",
      message: "the document is not a map",
      place,
      remedy: "write a resource with apiVersion, kind, metadata and spec, or list the file in .gitplaneignore",
    });
  }
  const plain = toPlain(tree);
  const header = readHeader(plain);
  const known = spoiledText(text);
  const spoiled = [{ ...known, mayHoldMore: known.mayHoldMore || isAnonymous(header, tree) }];
  if (header.apiVersion !== apiVersion || !isKind(header.kind))
    return { documents: [], problems: [foreignProblem(header, tree, place)], spoiled };
  const checked = checkSchema<Resource>(kinds[header.kind], tree, plain);
  if (checked.kind === "wrong") return { documents: [], problems: schemaProblems(subject, checked.issues), spoiled };
  const holds = everything; // until it is known which tree the file is of
  return { documents: [{ resource: checked.data, tree, place, text, holds }], problems: [], spoiled: [] };
}

/** What a schema found, each at its place. */
export function schemaProblems(subject: Subject, issues: readonly DescribedIssue[]): readonly Problem[] {
  return issues.map((issue) => schemaProblem(subject, issue));
}

function readHeader(plain: unknown): Header {
  const { apiVersion, kind } = plain as { apiVersion?: unknown; kind?: unknown }; // a map: checked by the caller
  return { apiVersion: typeof apiVersion === "string" ? apiVersion : "", kind: typeof kind === "string" ? kind : "" };
}

const ownedKinds: ReadonlySet<string> = new Set(["Component", "Workload", "Build", ...claimKinds, ...bindingKinds]);

/** A document of ours that does not say whose it is: what it was before somebody cut it may be anything. */
function isAnonymous(header: Header, tree: TracedMap): boolean {
  if (header.apiVersion !== apiVersion) return false;
  const names = [at(tree, "metadata", "name")];
  if (ownedKinds.has(header.kind)) names.push(at(tree, "spec", "owner", "projectName"));
  if (ownedKinds.has(header.kind) && header.kind !== "Component")
    names.push(at(tree, "spec", "owner", "componentName"));
  return names.some((name) => name?.kind !== "scalar" || typeof name.value !== "string");
}

/** A text that ends within a line was cut off, and what was cut may have named anything. */
function spoiledText(text: string): SpoiledText {
  return { text, mayHoldMore: !text.endsWith("\n") };
}

function schemaProblem(subject: Subject, described: DescribedIssue): Problem {
  const path = described.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const where = path.length === 0 ? "" : `${path.join(".")}: `;
  return {
    code: "schema",
    severity: "error",
    message: `${where}${described.message}`,
    place: placeOfPath(subject, path, described.onKey),
    remedy: described.remedy,
  };
}

/** Place of the deepest node on the path that exists: a missing field is shown where its parent stands. */
function placeOfPath(subject: Subject, path: readonly (string | number)[], onKey: boolean): Place {
  let node: unknown = subject.document.contents;
  let offset = rangeStart(node);
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(subject.document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === String(part));
      if (pair === undefined) break;
      const last = index === path.length - 1;
      node = pair.value;
      offset = last && onKey ? rangeStart(pair.key) : (rangeStart(pair.value) ?? rangeStart(pair.key));
    } else if (isSeq(node) && typeof part === "number") {
      node = node.items[part];
      offset = rangeStart(node) ?? offset;
    } else break;
  }
  return { file: subject.file, ...subject.lines.position(offset ?? 0) };
}

function documentText(text: string, document: YamlDocument): string {
  return document.range === undefined || document.range === null
    ? text
    : text.slice(document.range[0], document.range[2]);
}

function spoiledFile({ file, text }: { file: string; text: string }, problems: readonly Problem[]): ParsedFile {
  const parsed = { documents: [], problems, spoiled: [spoiledText(text)] };
  return refuseSecrets(parsed, secretProblems(file, new LineTable(text), findSecrets(text)));
}

function problemAt(file: string, code: ProblemCode, message: string): Problem {
  return { code, severity: "error", message, place: { file, line: 1, column: 1 }, remedy: "split the file" };
}
