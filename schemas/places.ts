/**
 * `gitplane.yaml` in the root of the specs repository: which organizations and kinds may stand below which folder. Without
 * the file everything may stand everywhere. A list, not a map of folders, so that an editor completes the fields of an entry
 * and a folder named twice is shown where it stands. The folder itself, the longest that covers a file, decides alone: a
 * folder inside another's place can be given away whole, which a union of both could not say.
 */
import { z } from "zod";
import { kinds } from "./kinds.ts";
import { apiVersion } from "./metadata.ts";
import { isDnsLabel } from "./names.ts";

/** Stands for every organization, or every kind; alone in its list. */
export const anyone = "*";

const entryLimit = 1000;
const pathLimit = 1000;
// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const notInFolders = /[\u0000-\u001f\u007f-\u009f\\]/u;

const Folder = z
  .string()
  .max(pathLimit)
  .superRefine((path, context) => {
    const fault = folderFault(path);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });

const OrganizationName = z.string().refine((name) => name === anyone || isDnsLabel(name), {
  error: 'must be the name of an organization (lower-case letters, digits and dashes), or "*" for any',
});

export const PlaceEntry = z.strictObject({
  path: Folder.describe(
    "A folder (or one file) from the root of the repository, such as `teams/shop`, matched by whole names. `.` is all that no other entry covers.",
  ),
  organizations: z
    .array(OrganizationName)
    .min(1, { error: 'names nobody: list organizations, or write ["*"] for any' })
    .max(entryLimit)
    .superRefine(refineList)
    .describe('The organizations whose documents may stand here, or `"*"` alone for any.'),
  kinds: z
    .array(z.enum([anyone, ...Object.keys(kinds)]))
    .min(1, { error: 'names no kind: list kinds, or write ["*"] for any' })
    .max(entryLimit)
    .superRefine(refineList)
    .describe('The kinds that may stand here, or `"*"` alone for any.'),
});

export const Places = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe("The version of the vocabulary."),
    kind: z.literal("Places").describe("What kind of thing the document describes."),
    places: z
      .array(PlaceEntry)
      .min(1, { error: "lists no place, so nothing could stand anywhere: remove the file to allow everything" })
      .max(entryLimit)
      .superRefine((entries, context) => {
        for (const { index, message } of sharedFolders(entries))
          context.addIssue({ code: "custom", path: [index, "path"], message });
      })
      .describe("Folders, in any order: the longest that covers a file decides alone."),
  })
  .describe("Whose documents, and of which kinds, may stand below which folder.");
export type Places = z.infer<typeof Places>;

/** The folder without a slash at its end, and the root as the empty text. */
export function folderOf(path: string): string {
  return path === "." || path === "./" ? "" : path.replace(/\/$/, "");
}

function folderFault(path: string): string | undefined {
  const folder = folderOf(path);
  if (path === "" || path === "/") return 'must be a folder such as teams/shop, or "." for the root';
  if (folder === "") return undefined;
  if (path.startsWith("/")) return "is counted from the root of the repository: leave out the slash at its start";
  if (notInFolders.test(path)) return "must be one line with / between its names";
  if (/[*?[\]]/.test(path)) return "is a folder's path, and no pattern: everything below it is meant anyway";
  const names = folder.split("/");
  if (names.includes("")) return "has two slashes in a row";
  if (names.some((name) => name === "." || name === "..")) return "must not have . or .. among its names";
  if (names.some((name) => name.startsWith(".")))
    return "leads into a folder whose name starts with a dot: specs are not read there, and .gitplane/ is the platform team's";
  return undefined;
}

function refineList(names: readonly string[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) context.addIssue({ code: "custom", path: [index], message: `${name} is listed twice` });
    else if (name === anyone && names.length > 1)
      context.addIssue({ code: "custom", path: [index], message: '"*" means all, so it stands alone or not at all' });
    seen.add(name);
  }
}

type Shared = { readonly index: number; readonly message: string };

/** Also folders that some file systems and most readers take for one: names that differ in case or in how letters are composed. */
function sharedFolders(entries: readonly { readonly path: string }[]): readonly Shared[] {
  const first = new Map<string, number>();
  return entries.flatMap(({ path }, index) => {
    const folder = folderOf(path);
    const key = folder.normalize("NFKC").toLowerCase();
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    const other = earlier === undefined ? undefined : entries[earlier];
    if (other === undefined) return [];
    const message =
      folderOf(other.path) === folder
        ? `is also places.${earlier}: one folder has one entry`
        : `looks like places.${earlier} (${other.path}): where case does not count both are one folder`;
    return [{ index, message }];
  });
}
