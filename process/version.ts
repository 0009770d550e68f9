/** The version of both programs, from the package that they came in. */
import { readFileSync } from "node:fs";

/** Works from the sources and from `dist/`, one folder deeper. */
export function packageVersion(): string {
  for (const above of ["../package.json", "../../package.json"]) {
    const version = readVersion(new URL(above, import.meta.url));
    if (version !== undefined) return version;
  }
  return "0.0.0";
}

function readVersion(file: URL): string | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, "utf8"));
    const { name, version } = content as { name?: unknown; version?: unknown }; // parsed JSON of our own package
    return name === "gitplane" && typeof version === "string" ? version : undefined;
  } catch {
    return undefined; // not there: the other place has it
  }
}
