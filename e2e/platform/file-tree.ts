/** Every file below a folder by its path from there, with `/`, in no particular order of keys. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

export async function readFileTree(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.map(async (file) => [relative(folder, file).split(sep).join("/"), await readFile(file, "utf8")] as const),
  );
  return Object.fromEntries(texts);
}
