/**
 * What the engine remembers of Releases, in a file for the next process. Taking the file away costs time only; one that is
 * damaged, of another program or not ours counts as none, and the next writing replaces it. Written whole or not at all, for
 * its owner only. The checksum finds damage; against whoever may write here it is no defence, and none is needed
 * (release-memory.ts).
 */
import { hash, randomUUID } from "node:crypto";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { formatOf } from "../../git/object-id.ts";
import { rendererVersion } from "../render/render.ts";
import { ReleaseMemory, type RememberedRelease } from "./release-memory.ts";

/** +1 with every change of what follows. */
const format = 2;
/** Of some 300,000 Releases. */
const mostBytes = 64 * 1024 * 1024;

const oid = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u);
const print = z.string().regex(/^[0-9a-f]{64}$/u);
const Header = z.object({ format: z.literal(format), program: z.string(), renderer: z.int() });
const Content = Header.extend({ releases: z.array(z.tuple([z.string(), print, z.array(oid).max(2)])) });
type Content = z.infer<typeof Content>;

export type FoundMemory =
  | { readonly kind: "found"; readonly memory: ReleaseMemory; readonly releases: number }
  | { readonly kind: "absent" }
  | { readonly kind: "ignored"; readonly reason: string };

export class MemoryFile {
  readonly path: string;
  readonly #program: string;

  /** `program` tells programs apart that may render differently. */
  constructor(path: string, program: string) {
    this.path = path;
    this.#program = program;
  }

  /** Never throws: whatever cannot be read is ignored, and says why. */
  async read(): Promise<FoundMemory> {
    try {
      const bytes = await readBounded(this.path);
      return bytes === "too-large" ? ignored("it is too large") : this.#understand(bytes);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return { kind: "absent" };
      return ignored("it cannot be read");
    }
  }

  /** False where there is too much to keep. Throws what the file system says. */
  async write(remembered: readonly (readonly [path: string, remembered: RememberedRelease])[]): Promise<boolean> {
    const releases = remembered.map(([path, { print, blob }]): Content["releases"][number] => [
      path,
      print,
      [...blob.ids.values()],
    ]);
    const content: Content = { format, program: this.#program, renderer: rendererVersion, releases };
    const body = Buffer.from(JSON.stringify(content));
    if (body.byteLength + checksumLength > mostBytes) return false;
    const next = `${this.path}.${randomUUID()}.new`;
    try {
      await writeFile(next, [checksumLine(body), body], { mode: 0o600 });
      await rename(next, this.path);
    } finally {
      await rm(next, { force: true });
    }
    return true;
  }

  #understand(bytes: Buffer): FoundMemory {
    const body = bytes.subarray(checksumLength);
    if (bytes.toString("latin1", 0, checksumLength) !== checksumLine(body)) return ignored("it is damaged");
    const value: unknown = JSON.parse(body.toString());
    const header = Header.safeParse(value);
    if (!header.success) return ignored("it is of another format");
    if (header.data.program !== this.#program || header.data.renderer !== rendererVersion)
      return ignored("it is of another version of this program");
    const content = Content.safeParse(value);
    if (!content.success) return ignored("it is not as this program writes it");
    const { releases } = content.data;
    return { kind: "found", memory: new ReleaseMemory(releases.map(remember)), releases: releases.length };
  }
}

function remember([path, print, oids]: Content["releases"][number]): readonly [string, RememberedRelease] {
  return [path, { print, blob: { ids: new Map(oids.map((id) => [formatOf(id), id])), isProven: false } }];
}

function ignored(reason: string): FoundMemory {
  return { kind: "ignored", reason };
}

const checksumLength = 65;

function checksumLine(body: Uint8Array): string {
  return `${hash("sha256", body)}\n`;
}

/** One byte more than is taken tells that there is too much, whatever the file system says of its size. */
async function readBounded(path: string): Promise<Buffer | "too-large"> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  if (size > mostBytes) return "too-large";
  const bytes = Buffer.alloc(size + 1);
  const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, 0);
  return bytes.subarray(0, bytesRead);
}
