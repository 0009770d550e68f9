/** `gitplane schema`: what other programs check our documents with, made from the schemas that we check them with. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { crdOf } from "../../schemas/crd.ts";
import { jsonSchemaOf, jsonSchemaOfAll } from "../../schemas/json-schema.ts";
import { kindSlug } from "../../schemas/kind-slug.ts";
import { kindNames } from "../../schemas/kinds.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import { kindNamed } from "./explain.ts";

export type SchemaOptions = { readonly output?: string };

/** The JSON Schema of one kind, or without a kind the one that serves files of every kind. */
export async function writeJsonSchemas(kind: string | undefined, { output }: SchemaOptions): Promise<ExitCode> {
  if (kind !== undefined) {
    const named = kindNamed(kind);
    return await write(new Map([[`${kindSlug(named)}.json`, json(jsonSchemaOf(named))]]), output);
  }
  const all = [["gitplane.json", json(jsonSchemaOfAll())] as const];
  const each = kindNames.map((one) => [`${kindSlug(one)}.json`, json(jsonSchemaOf(one))] as const);
  return await write(new Map(output === undefined ? all : [...all, ...each]), output);
}

/** The CustomResourceDefinitions of every kind, one YAML document each. */
export async function writeCrds({ output }: SchemaOptions): Promise<ExitCode> {
  return await write(new Map(kindNames.map((kind) => [`${kindSlug(kind)}.yaml`, writeStateYaml(crdOf(kind))])), output);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

async function write(files: ReadonlyMap<string, string>, folder: string | undefined): Promise<ExitCode> {
  if (folder === undefined) {
    process.stdout.write([...files.values()].join("---\n"));
    return exitCodes.done;
  }
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of files) await writeFile(join(folder, name), text);
  } catch (error) {
    throw new ExitError(exitCodes.usage, `cannot write to ${folder}; name a folder`, { cause: error });
  }
  process.stderr.write(`${files.size} ${files.size === 1 ? "file" : "files"} in ${folder}\n`);
  return exitCodes.done;
}
