/**
 * Changes applied to a tree: the objects of the new one, without those that stay. Only folders on the way to a change are
 * read. What cannot be said without losing something unnamed (a file where a folder stands) is refused.
 */

import { hashObject, type ObjectFormat, type ObjectType } from "./object-id.ts";
import { checkPath } from "./path.ts";
import { type FileContent, GitError, type NamedContent, type Oid, type TreeEntry } from "./repository.ts";
import { writeTreeBody } from "./tree.ts";
import type { TreeReader } from "./tree-diff.ts";

/** The body may be made anew each time that it is read. */
export type NewObject = { readonly type: ObjectType; readonly body: Uint8Array };
export type EditedTree = { readonly tree: Oid; readonly objects: ReadonlyMap<Oid, NewObject> };

type Content = FileContent | null;
type Folder = { readonly files: Map<string, Content>; readonly folders: Map<string, Folder> };
type Editor = { readonly read: TreeReader; readonly format: ObjectFormat; readonly objects: Map<Oid, NewObject> };

/** Throws GitError `invalid-path`, also when a path is a file in one place and a folder in another. */
export async function editTree(
  source: { readonly read: TreeReader; readonly format: ObjectFormat },
  base: Oid | undefined,
  changes: ReadonlyMap<string, Content>,
): Promise<EditedTree> {
  const editor: Editor = { ...source, objects: new Map() };
  const tree = await editFolder(editor, planFolders(changes), { path: "", oid: base });
  return { tree: tree ?? store(editor, { type: "tree", body: new Uint8Array() }), objects: editor.objects };
}

function planFolders(changes: ReadonlyMap<string, Content>): Folder {
  const root = emptyFolder();
  for (const [path, content] of changes) {
    checkPath(path);
    const names = path.split("/");
    const file = names.pop() ?? "";
    let folder = root;
    for (const name of names) {
      const inner = folder.folders.get(name) ?? emptyFolder();
      folder.folders.set(name, inner);
      folder = inner;
    }
    folder.files.set(file, content);
  }
  return root;
}

function emptyFolder(): Folder {
  return { files: new Map(), folders: new Map() };
}

/** The new tree's id, or undefined when nothing is left in it. */
async function editFolder(
  editor: Editor,
  plan: Folder,
  base: { readonly path: string; readonly oid: Oid | undefined },
): Promise<Oid | undefined> {
  const entries = new Map<string, TreeEntry>();
  for (const entry of base.oid === undefined ? [] : await editor.read(base.oid)) entries.set(entry.name, entry);
  for (const [name, content] of plan.files) if (content === null) removeFile(entries, name, base.path);
  for (const [name, inner] of plan.folders) {
    const path = `${base.path}${name}/`;
    const entry = entries.get(name);
    if (entry !== undefined && entry.kind !== "tree")
      throw new GitError("invalid-path", `${path} is a file, not a folder`);
    const oid = await editFolder(editor, inner, { path, oid: entry?.oid });
    if (oid === undefined) entries.delete(name);
    else entries.set(name, { kind: "tree", name, oid, executable: false });
  }
  for (const [name, content] of plan.files) if (content !== null) putFile(editor, entries, { ...base, name, content });
  if (entries.size === 0) return undefined;
  return store(editor, { type: "tree", body: writeTreeBody(entries.values()) }, base.oid);
}

function removeFile(entries: Map<string, TreeEntry>, name: string, folder: string): void {
  if (entries.get(name)?.kind === "tree")
    throw new GitError("invalid-path", `${folder}${name} is a folder, not a file`);
  entries.delete(name);
}

function putFile(
  editor: Editor,
  entries: Map<string, TreeEntry>,
  file: { readonly path: string; readonly name: string; readonly content: FileContent },
): void {
  const entry = entries.get(file.name);
  if (entry?.kind === "tree") throw new GitError("invalid-path", `${file.path}${file.name} is a folder, not a file`);
  const executable = entry?.kind === "blob" && entry.executable;
  const oid = storeFile(editor, file.content, entry?.oid);
  entries.set(file.name, { kind: "blob", name: file.name, oid, executable });
}

function storeFile(editor: Editor, content: FileContent, known?: Oid): Oid {
  if (content instanceof Uint8Array) return store(editor, { type: "blob", body: content }, known);
  const oid = content.id(editor.format);
  if (oid !== known) editor.objects.set(oid, blobOf(content));
  return oid;
}

function blobOf(content: NamedContent): NewObject {
  return {
    type: "blob",
    get body() {
      return content.bytes();
    },
  };
}

function store(editor: Editor, object: NewObject, known?: Oid): Oid {
  const oid = hashObject(editor.format, object.type, object.body);
  if (oid !== known) editor.objects.set(oid, object);
  return oid;
}
