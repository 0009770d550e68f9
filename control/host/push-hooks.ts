/**
 * The two hooks of every repository, kept in one folder of the host's so that no repository carries code. pre-receive
 * refuses a push that names any ref but those allowed: hideRefs alone works by prefix, so `receipts/…/plane/below` would
 * pass it. post-receive reports what really moved, which neither the request nor git's exit code (0 for a refusal) tells.
 */

import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostFolders } from "./host-folders.ts";

export type MovedRef = { readonly ref: string; readonly before: string; readonly oid: string };

/** Far beyond the longest push: who waited for the report is dead. */
const abandonedMs = 24 * 3_600_000;

/** Makes the folders and the hooks, and removes the reports that nobody took. `now` in milliseconds since the epoch. */
export async function writePushHooks(folders: HostFolders, now: number): Promise<void> {
  await mkdir(folders.pushes, { recursive: true, mode: 0o700 });
  await removeAbandonedReports(folders.pushes, now);
  await mkdir(folders.hooks, { recursive: true, mode: 0o700 });
  for (const [name, script] of hooks) {
    const path = join(folders.hooks, name);
    if ((await readFile(path, "utf8").catch(() => undefined)) !== script) await writeHook(path, script);
  }
}

/** Whole or not at all: a second host may run on this folder, and git may be about to start the hook. */
async function writeHook(path: string, script: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.new`;
  await writeFile(temporary, script);
  await chmod(temporary, 0o700);
  await rename(temporary, path);
}

/** By age only: a second host may run on this folder, and its pushes are under way. */
async function removeAbandonedReports(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const status = await stat(path).catch(() => undefined);
    if (status !== undefined && now - status.mtimeMs > abandonedMs) await rm(path, { force: true });
  }
}

/** What the hooks read from their environment. A pushable folder becomes the shell pattern of what is below it. */
export function hookEnvironment(pushable: readonly string[], report: string): Record<string, string> {
  const [ref = ""] = pushable;
  return {
    GITPLANE_PUSHABLE: ref === "refs/heads" ? "refs/heads/*" : ref,
    GITPLANE_PUSH_REPORT: report,
  };
}

/** The refs a push moved, in the order of the push; the report is removed. None when git did not get as far. */
export async function takePushReport(report: string): Promise<readonly MovedRef[]> {
  const text = await readFile(report, "utf8").catch(() => "");
  await rm(report, { force: true });
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [before = "", oid = "", ref = ""] = line.split(" ");
      return { ref, before, oid };
    });
}

const hooks: ReadonlyMap<string, string> = new Map([
  [
    "pre-receive",
    `#!/bin/sh
while read -r before after ref; do
  case "$ref" in
    $GITPLANE_PUSHABLE) ;;
    *) echo "not allowed to push to $ref" >&2; exit 1 ;;
  esac
done
`,
  ],
  ["post-receive", `#!/bin/sh\nexec cat >"$GITPLANE_PUSH_REPORT"\n`],
]);
