/** The bytes of a file of the specs. */
import type { SpecsFile } from "./load.ts";

/** Undefined for a file beyond what its source reads: a person's mistake in that file, and no reason to stop at the others. */
export async function readUnlessTooLarge(file: SpecsFile): Promise<Uint8Array | undefined> {
  try {
    return await file.read();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "too-large") return undefined;
    throw error;
  }
}
