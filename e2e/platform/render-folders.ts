/** `gitplane render` of folders as a process, and the objects that it wrote. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { Release } from "../../schemas/release.ts";
import { readStateYaml } from "../../schemas/state-yaml.ts";
import { runCommand } from "../clusters/run-command.ts";
import { readFileTree } from "./file-tree.ts";
import { programEnvironment, sourcePath } from "./node-program.ts";

export type RenderedFolders = { readonly objects: readonly KubernetesObject[]; readonly complaints: string };

/** The objects of every Release that renders, in the order in which they are applied. */
export async function renderFolders(folders: readonly string[], output: string): Promise<RenderedFolders> {
  await mkdir(dirname(output), { recursive: true });
  const result = await runCommand({
    command: process.execPath,
    arguments: [sourcePath("control/main.ts"), "render", ...folders, "-o", output],
    environment: programEnvironment(),
    signal: AbortSignal.timeout(60_000),
  });
  if (result.kind === "missing" || ![0, 3].includes(result.exitCode))
    throw new Error(`gitplane render failed: ${JSON.stringify(result)}`);
  const files = Object.entries(await readFileTree(join(output, "planes")));
  const releases = files
    .filter(([path]) => /^[^/]+\/[^/]+\/[^/]+\/(platform|cells|releases)\//.test(path))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const objects = releases.flatMap(([, text]) =>
    Release.parse(readStateYaml(text)).spec.resources.map(({ object }) => object),
  );
  return { objects, complaints: result.stderr.trim() };
}
