/**
 * Which processes ran on this volume, so that one that was killed is known for its own successor's. Only a hint: a volume
 * that cannot be written costs the next process a question (see tenure.ts).
 */
import { readFile, rename, writeFile } from "node:fs/promises";

/** A process that is killed before it could say anything leaves its name all the same. */
const mostInstances = 100;

/** The processes before this one, which is noted as one more. Empty when the file cannot be read. */
export async function noteInstance(path: string, instance: string): Promise<ReadonlySet<string>> {
  const before = await readInstances(path);
  const kept = [...before, instance].slice(-mostInstances);
  try {
    await writeFile(`${path}.new`, `${kept.join("\n")}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (error) {
    if (!isOfTheDisk(error)) throw error;
  }
  return new Set(before);
}

async function readInstances(path: string): Promise<readonly string[]> {
  try {
    const lines = (await readFile(path, "utf8")).split("\n");
    return lines.filter((line) => /^[-0-9a-f]{36}$/.test(line)).slice(-mostInstances);
  } catch (error) {
    if (isOfTheDisk(error)) return [];
    throw error;
  }
}

/** Full, read-only, damaged, or not there: whatever the system says of it has a code. */
function isOfTheDisk(error: unknown): boolean {
  return error instanceof Error && "code" in error;
}
