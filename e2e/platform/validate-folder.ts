/** `gitplane validate` of a folder as a process: every Problem that it finds. */
import { spawnSync } from "node:child_process";
import { z } from "zod";
import { Problem } from "../../schemas/problem.ts";
import { nodeProgram } from "./node-program.ts";

export function validateFolder(folder: string): readonly Problem[] {
  const program = nodeProgram({
    name: "validate",
    entry: "control/main.ts",
    arguments: ["validate", folder, "-o", "json"],
  });
  const { stdout } = spawnSync(program.path, program.arguments, {
    env: { ...program.environment, GITPLANE_EXIT_WITH_STDIN: "" },
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
    timeout: 120_000,
  });
  return z.array(Problem).parse(JSON.parse(stdout));
}
