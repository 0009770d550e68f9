/**
 * What a person or an attacker may commit to make `gitplane validate` crash, hang or eat memory: shapes that are known to do
 * it to YAML readers, to patterns and to walks over folders. Each is a folder.
 */
import { execFile } from "node:child_process";
import { mkdir, open, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { aliasBombs, type BigFile, bigFiles, connected, deepNesting, header, longValues } from "./hostile-texts.ts";

export type HostileInput = {
  readonly name: string;
  /** Files that must have a Problem; others must not. */
  readonly mistakes: readonly string[];
  readonly write: (folder: string) => Promise<void>;
};

const longPath = `${`${"d".repeat(250)}/`.repeat(14)}a.yaml`;
const nearlyMatching = `${`${"a".repeat(60)}/`.repeat(12)}${"a/".repeat(200)}${"a".repeat(200)}c.yaml`;
const bigBytes = 100 * 1024 * 1024;
/** Just below what a file may have, so that it is read. */
const largeBytes = 900_000;

export const hostileInputs: readonly HostileInput[] = [
  together("alias bombs", aliasBombs()),
  together("20,000 levels of nesting", deepNesting(20_000)),
  together("long texts in every field", longValues()),
  ...bigFiles().map((big) => ({
    name: `a large file of ${big.name}`,
    mistakes: ["a.yaml"],
    write: (folder: string) => writeBig(join(folder, "a.yaml"), big, largeBytes),
  })),
  ...bigFiles()
    .filter(({ name }) => ["plain scalar", "escapes", "literal block", "keys", "documents"].includes(name))
    .map((big) => ({
      name: `100 MB of ${big.name}`,
      mistakes: ["a.yaml"],
      write: (folder: string) => writeBig(join(folder, "a.yaml"), big, bigBytes),
    })),
  ...patternFiles().map(([name, text]) => ignoring(name, { text, mistakes: ["a.yaml"] })),
  ...endlessFiles().map(([name, text]) => ignoring(name, { text, mistakes: [".gitplaneignore", "a.yaml"] })),
  {
    name: "10,000 files, each with a mistake",
    mistakes: numbers(10_000).map((number) => `${number}.yaml`),
    write: (folder) =>
      writeFiles(
        folder,
        numbers(10_000).map((number) => [`${number}.yaml`, `${header}spec: {x: ${number}}\n`]),
      ),
  },
  {
    name: "10,000 documents of one identity",
    mistakes: numbers(100).map((number) => `${number}.yaml`),
    write: (folder) =>
      writeFiles(
        folder,
        numbers(100).map((number) => [
          `${number}.yaml`,
          `${header}spec: {deploymentPipelineRef: b}\n---\n`.repeat(100),
        ]),
      ),
  },
  {
    name: "2,000 components with 40,000 connections",
    mistakes: numbers(2000).map((number) => `${number}.yaml`),
    write: (folder) =>
      writeFiles(
        folder,
        numbers(2000).map((number) => [`${number}.yaml`, connected(number)]),
      ),
  },
  {
    name: "pipes called like files of specs",
    mistakes: [],
    write: async (folder) => {
      await promisify(execFile)("mkfifo", [join(folder, "a.yaml"), join(folder, ".gitplaneignore")]);
      const organization = "apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: default\n";
      await writeFile(join(folder, "b.yaml"), organization);
    },
  },
  {
    name: "links to devices and to the folder itself",
    mistakes: ["in/loop", "in/self.yaml", "stdin.yaml", "zero.yaml"],
    write: async (folder) => {
      await mkdir(join(folder, "in"));
      await symlink("/dev/zero", join(folder, "zero.yaml"));
      await symlink("/dev/stdin", join(folder, "stdin.yaml"));
      await symlink("/dev/zero", join(folder, ".gitplaneignore"));
      await symlink("..", join(folder, "in", "loop"));
      await symlink("self.yaml", join(folder, "in", "self.yaml"));
    },
  },
  {
    name: "names as long as a file system takes, and of signs that steer a terminal",
    mistakes: [longPath, "\u2028\u202e\u0007.yaml"],
    write: (folder) =>
      writeFiles(folder, [
        [longPath, "a: [\n"],
        ["\u2028\u202e\u0007.yaml", "a: [\n"],
      ]),
  },
];

/** Each text a file of its own, in one folder. */
function together(name: string, texts: readonly (readonly [string, string])[]): HostileInput {
  const files = texts.map(([shape, text]) => [`${shape}.yaml`, text] as const);
  return { name, mistakes: files.map(([path]) => path), write: (folder) => writeFiles(folder, files) };
}

/** Rules that are put to names which nearly match them. */
function ignoring(name: string, { text, mistakes }: { text: string; mistakes: readonly string[] }): HostileInput {
  return {
    name: `ignore rules of ${name}`,
    mistakes: [...mistakes, nearlyMatching],
    write: (folder) =>
      writeFiles(folder, [
        [".gitplaneignore", text],
        ["a.yaml", "a: [\n"],
        [nearlyMatching, "b: [\n"],
      ]),
  };
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}

async function writeFiles(folder: string, files: readonly (readonly [string, string])[]): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function writeBig(file: string, { start, piece, end }: BigFile, bytes: number): Promise<void> {
  const chunk = Buffer.from(piece.repeat(Math.ceil(16_384 / piece.length)));
  await using opened = await open(file, "w");
  await opened.write(start);
  for (let written = 0; written < bytes; written += chunk.length) await opened.write(chunk);
  await opened.write(end);
}

function patternFiles(): readonly (readonly [string, string])[] {
  return [
    ["many stars", `${"*".repeat(2000)}b\n`],
    ["stars and letters", `${"*a".repeat(60)}b\n`],
    ["double stars", `${"**/".repeat(60)}b\n`],
    ["double stars and letters", `${"**/a*/".repeat(20)}b\n`],
    ["brackets", `${"[a-z]*".repeat(40)}c\n`],
    ["brackets that never close", `${"[".repeat(5000)}\n`],
    ["wrong ranges", "[z-a]\n[]\n[!]\n[\\\n\\\n!\n/\n"],
    ["question marks", `${"?*".repeat(60)}c\n`],
  ];
}

function endlessFiles(): readonly (readonly [string, string])[] {
  return [
    ["20,000 exceptions", "!*\n".repeat(20_000)],
    ["a million lines", "x\n".repeat(1_000_000)],
    ["one long line", "x".repeat(5_000_000)],
    ["20 MB", "x".repeat(20_000_000)],
  ];
}
