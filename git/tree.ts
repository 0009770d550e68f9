/**
 * A tree object as bytes, both ways. A name that is not UTF-8 is read with each stray byte as a lone surrogate
 * (U+DC80 to U+DCFF), so that two names never become one and the writer can give the same bytes back.
 */

import { GitError, type Oid, type TreeEntry } from "./repository.ts";
import { looksLikeGitFolder } from "./path.ts";

const KINDS: ReadonlyMap<string, TreeEntry["kind"]> = new Map([
  ["40000", "tree"],
  ["100644", "blob"],
  ["100664", "blob"],
  ["100755", "blob"],
  ["120000", "symlink"],
  ["160000", "submodule"],
]);
const NUL = 0;
const SPACE = 0x20;
const SLASH = 0x2f;

/**
 * The entries in Git's order. Throws GitError `corrupt` for what git-fsck(1) calls an error: names out of order or twice, a
 * slash in a name, `.`, `..`, an empty name or a hidden `.git`. Such a tree only serves to mislead a reader.
 */
export function readTreeBody(oid: Oid, body: Uint8Array): readonly TreeEntry[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const oidBytes = oid.length / 2;
  const entries: TreeEntry[] = [];
  let previous: Buffer | undefined;
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(SPACE, at);
    const nul = bytes.indexOf(NUL, space);
    const next = nul + 1 + oidBytes;
    if (space === -1 || nul === -1 || next > bytes.length) throw corrupt(oid, "is cut short");
    const mode = bytes.toString("latin1", at, space);
    const kind = KINDS.get(mode);
    if (kind === undefined) throw corrupt(oid, `holds an entry of mode ${JSON.stringify(mode.slice(0, 12))}`);
    const rawName = bytes.subarray(space + 1, nul);
    const key = sortKey(rawName, kind);
    if (previous !== undefined && Buffer.compare(previous, key) >= 0) throw corrupt(oid, "has its names out of order");
    previous = key;
    entries.push({
      kind,
      name: readName(oid, rawName),
      oid: bytes.toString("hex", nul + 1, next),
      executable: mode === "100755",
    });
    at = next;
  }
  refuseTwice(oid, entries);
  return entries;
}

/** The body of the tree with these entries, whatever their order. */
export function writeTreeBody(entries: Iterable<TreeEntry>): Buffer {
  const parts = [...entries].map((entry) => {
    const name = writeName(entry.name);
    const bytes = Buffer.concat([
      Buffer.from(`${modeOf(entry)} `),
      name,
      Buffer.of(NUL),
      Buffer.from(entry.oid, "hex"),
    ]);
    return { key: sortKey(name, entry.kind), bytes };
  });
  parts.sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(parts.map((part) => part.bytes));
}

/** Git orders a tree as if its name ended in a slash (git/tree.c, base_name_compare). */
function sortKey(name: Buffer, kind: TreeEntry["kind"]): Buffer {
  return kind === "tree" ? Buffer.concat([name, Buffer.of(SLASH)]) : name;
}

function modeOf(entry: TreeEntry): string {
  switch (entry.kind) {
    case "tree":
      return "40000";
    case "symlink":
      return "120000";
    case "submodule":
      return "160000";
    case "blob":
      return entry.executable ? "100755" : "100644";
  }
}

function readName(oid: Oid, raw: Buffer): string {
  const text = raw.toString("utf8");
  const name = text.includes("\ufffd") ? readStrayBytes(raw) : text;
  if (name === "" || name === "." || name === ".." || name.includes("/") || looksLikeGitFolder(name)) {
    throw corrupt(oid, `holds the name ${JSON.stringify(name.slice(0, 100))}`);
  }
  return name;
}

/** `a` as a file and `a` as a folder are not neighbours in Git's order when `a.b` stands between them. */
function refuseTwice(oid: Oid, entries: readonly TreeEntry[]): void {
  if (new Set(entries.map((entry) => entry.name)).size !== entries.length) throw corrupt(oid, "holds a name twice");
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readStrayBytes(raw: Buffer): string {
  let name = "";
  for (let at = 0; at < raw.length;) {
    const length = [1, 2, 3, 4].find(
      (length) => at + length <= raw.length && isCharacter(raw.subarray(at, at + length)),
    );
    name += length === undefined ? String.fromCharCode(0xdc00 + (raw[at] ?? 0)) : raw.toString("utf8", at, at + length);
    at += length ?? 1;
  }
  return name;
}

function isCharacter(bytes: Buffer): boolean {
  try {
    return strict.decode(bytes).length > 0;
  } catch {
    return false;
  }
}

function writeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name);
  const parts = Array.from(name, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character);
  });
  return Buffer.concat(parts);
}

function corrupt(oid: Oid, fault: string): GitError {
  return new GitError("corrupt", `tree ${oid} ${fault}`);
}
