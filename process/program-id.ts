/** Which program this is, to the byte as far as names, sizes and times tell: a checkout changes without a new version. */
import { hash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageVersion } from "./version.ts";

const folders = ["schemas", "git", "process", "control"];

/** Other for any other version or state of the sources that a command of `gitplane` runs. */
export function programId(): string {
  const root = dirname(import.meta.dirname);
  const files = folders.flatMap((folder) => filesBelow(join(root, folder)));
  return `${packageVersion()}-${hash("sha256", files.join("\n")).slice(0, 16)}`;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /(?<!\.test|\.contract)\.[jt]s$/.test(path))
    .toSorted()
    .map((path) => {
      const { size, mtimeMs } = statSync(join(folder, path));
      return `${path} ${size} ${mtimeMs}`;
    });
}
