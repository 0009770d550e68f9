/**
 * A commit object as bytes, both ways. Reading is strict where two readers could disagree about what was signed or said: a
 * header that repeats, or a NUL, is corruption and not a choice (CVE-2026-45022).
 */

import { GitError, type Commit, type NewCommit, type Oid, type Person } from "./repository.ts";
import { readSubject, readTrailers, writeMessage } from "./trailers.ts";

const PERSON = /^([^<>]*)<([^<>]*)> (-?\d+) [+-]\d{4}$/u;

/** The body of a commit object. Names and mails lose whatever would end their field. */
export function writeCommit(commit: NewCommit, tree: Oid): Buffer {
  const seconds = commit.committedAtSeconds;
  if (!Number.isSafeInteger(seconds) || seconds < 0) throw new GitError("failed", `${seconds} is not a commit time`);
  const headers = [`tree ${tree}`];
  if (commit.parent !== undefined) headers.push(`parent ${commit.parent}`);
  headers.push(`author ${writePerson(commit.author)} ${seconds} +0000`);
  headers.push(`committer ${writePerson(commit.committer)} ${seconds} +0000`);
  return Buffer.from(`${headers.join("\n")}\n\n${writeMessage(commit.message, commit.trailers ?? [])}`);
}

/** Throws GitError `corrupt`. */
export function readCommitText(oid: Oid, body: Uint8Array): Commit {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  const end = text.indexOf("\n\n");
  const head = end === -1 ? text.replace(/\n$/u, "") : text.slice(0, end);
  const message = end === -1 ? "" : text.slice(end + 2);
  if (head.includes("\0")) throw corrupt(oid, "has a NUL in its header");
  const headers = readHeaders(oid, head);
  const author = readPerson(oid, headers.author);
  const committer = readPerson(oid, headers.committer);
  return {
    oid,
    tree: headers.tree,
    parents: headers.parents,
    author: author.person,
    committer: committer.person,
    committedAtSeconds: committer.seconds,
    subject: readSubject(message),
    message,
    trailers: readTrailers(message),
  };
}

type Headers = {
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: string;
  readonly committer: string;
};

function readHeaders(oid: Oid, head: string): Headers {
  const lines = head.split("\n").map((line) => splitHeader(line));
  const valuesOf = (key: string) => lines.filter((line) => line.key === key).map((line) => line.value);
  const [tree, ...moreTrees] = valuesOf("tree");
  const [author, ...moreAuthors] = valuesOf("author");
  const [committer, ...moreCommitters] = valuesOf("committer");
  if (tree === undefined || author === undefined || committer === undefined) throw corrupt(oid, "lacks a header");
  if (moreTrees.length + moreAuthors.length + moreCommitters.length > 0) throw corrupt(oid, "repeats a header");
  return { tree, parents: valuesOf("parent"), author, committer };
}

function splitHeader(line: string): { key: string; value: string } {
  const space = line.indexOf(" ");
  return space === -1 ? { key: line, value: "" } : { key: line.slice(0, space), value: line.slice(space + 1) };
}

function readPerson(oid: Oid, text: string): { person: Person; seconds: number } {
  const match = PERSON.exec(text);
  if (match === null) throw corrupt(oid, "names a person in a form that git does not write");
  return { person: { name: (match[1] ?? "").trim(), mail: match[2] ?? "" }, seconds: Number(match[3]) };
}

function writePerson(person: Person): string {
  const mail = cleanField(person.mail).replaceAll(" ", "");
  return `${cleanField(person.name) || mail || "unknown"} <${mail || "unknown"}>`;
}

/** As git's ident.c: no angle bracket, no control character, no punctuation at the ends. */
function cleanField(text: string): string {
  return text
    .toWellFormed()
    .replace(/[<>\s\p{Cc}]+/gu, " ")
    .replace(/^[\s.,:;"\\']+|[\s.,:;"\\']+$/gu, "");
}

function corrupt(oid: Oid, fault: string): GitError {
  return new GitError("corrupt", `commit ${oid} ${fault}`);
}
