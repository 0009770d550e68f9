/**
 * The package as it is installed, which is what people run and what agents are measured as: built JavaScript without its
 * sources beside it. Only the dependencies are the checkout's own.
 */
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../clusters/run-command.ts";
import { programEnvironment, sourcePath } from "../platform/node-program.ts";

/** Builds into a new folder; answers the path of `gitplane-agent`. */
export async function installPackage(folder: string, signal: AbortSignal): Promise<string> {
  await mkdir(folder, { recursive: true });
  const compiled = await runCommand({
    command: process.execPath,
    arguments: [
      sourcePath("node_modules/typescript/bin/tsc"),
      "-p",
      sourcePath("tsconfig.build.json"),
      "--outDir",
      join(folder, "dist"),
    ],
    environment: programEnvironment(),
    signal,
  });
  if (compiled.kind === "missing" || compiled.exitCode !== 0) throw new Error("the package could not be built");
  for (const name of ["bin", "package.json"]) await cp(sourcePath(name), join(folder, name), { recursive: true });
  await symlink(sourcePath("node_modules"), join(folder, "node_modules"));
  return join(folder, "bin", "gitplane-agent.cjs");
}
