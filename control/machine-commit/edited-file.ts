/** A file with its edits made, read back as specs are: an edit that would not say what it should is not made. */
import { identityOf } from "../../schemas/kinds.ts";
import { type DocumentEdit, editFile } from "../edit-yaml/edit-file.ts";
import { parseFile, type SpecDocument } from "../load/parse.ts";
import type { Edit } from "./edit.ts";

export type EditedFile =
  /** Null: no document is left, and the file goes. */
  | { readonly kind: "edited"; readonly bytes: Uint8Array | null }
  /** All that is to be frozen stands there already. */
  | { readonly kind: "same" }
  | { readonly kind: "refused"; readonly reason: string };

/** `bytes` is what stands at the path, undefined for nothing; the edits are all of this file. */
export function editSpecsFile(path: string, bytes: Uint8Array | undefined, edits: readonly Edit[]): EditedFile {
  const before = bytes === undefined ? undefined : parseFile(path, bytes);
  const text = bytes === undefined ? "" : Buffer.from(bytes).toString("utf8");
  const present = new Set(before?.documents.map(documentKey));
  const isPresent = (edit: Edit): boolean =>
    "text" in edit && parseFile(path, Buffer.from(edit.text)).documents.some((one) => present.has(documentKey(one)));
  const wanted = edits.filter((edit) => !isPresent(edit));
  // It would be written again and again, and never be read.
  if (edits.some((edit) => edit.action === "add" && isPresent(edit)))
    return { kind: "refused", reason: "it holds the Binding, which is not used from there" };
  if (wanted.length === 0) return { kind: "same" };
  const edited = editFile(text, wanted.map(documentEdit));
  if (edited === undefined) return { kind: "refused", reason: "no part of it can be changed alone" };
  if (edited === "") return { kind: "edited", bytes: null };
  const after = parseFile(path, Buffer.from(edited));
  const more = wanted.reduce((sum, edit) => sum + growth(edit), 0);
  const isRead = after.documents.length === (before?.documents.length ?? 0) + more;
  if (isRead && after.problems.length <= (before?.problems.length ?? 0))
    return { kind: "edited", bytes: Buffer.from(edited) };
  return { kind: "refused", reason: after.problems.at(-1)?.message ?? "it would not read as it should" };
}

/** Two classes may say the same under two names, and one of them is enough; here each stands for itself. */
function documentKey({ resource }: SpecDocument): string {
  return identityOf(resource).join("/");
}

function growth({ action }: Edit): number {
  switch (action) {
    case "add":
    case "freeze":
      return 1;
    case "remove":
      return -1;
    case "change":
      return 0;
  }
}

function documentEdit(edit: Edit): DocumentEdit {
  switch (edit.action) {
    case "add":
    case "freeze":
      return { action: "add", text: edit.text };
    case "remove":
      return { action: "remove", line: edit.line };
    case "change":
      return { action: "change", line: edit.line, changes: edit.changes };
  }
}
