/** The real v0.3 documents, which lie beside the checkout and are never part of it. */
import { existsSync } from "node:fs";
import { sourcePath } from "./node-program.ts";

/** Folder of the samples, or undefined with a loud word: a test that did not run must not look like one that passed. */
export function findSamples(subject: string): string | undefined {
  const folder = process.env["OPENCHOREO_SAMPLES"] ?? sourcePath("../shared/openchoreo-v0.3");
  if (existsSync(folder)) return folder;
  process.stderr.write(
    `\nSKIPPED: ${subject}: the v0.3 samples are not in ../shared/openchoreo-v0.3 beside this checkout; OPENCHOREO_SAMPLES may name another folder.\n\n`,
  );
  return undefined;
}
