/** The file by which commands on this machine find a running control plane. It belongs to whoever wrote it last. */
import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addressFile } from "./access.ts";

/** Writes the address, whole or not at all, and takes it away when disposed, unless another process has written its own. */
export async function holdAddress(
  dataDir: string,
  address: Readonly<Record<string, string | undefined>>,
): Promise<AsyncDisposable> {
  const file = join(dataDir, addressFile);
  const text = `${JSON.stringify({ ...address, pid: process.pid })}\n`;
  const temporary = `${file}.${randomBytes(6).toString("hex")}.new`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
  return {
    [Symbol.asyncDispose]: async () => {
      const current = await readFile(file, "utf8").catch(() => undefined);
      if (current === text) await rm(file, { force: true });
    },
  };
}
