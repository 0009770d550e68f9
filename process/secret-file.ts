/**
 * A random credential in a file of its own: made once, readable by its owner only. Two processes that start together agree
 * on one value, and a crash leaves either no file or a whole one.
 */

import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";

export type SecretFileErrorCode = "not-private" | "malformed";

/** The file is there and must not be used; the message names the file and never its content. */
export class SecretFileError extends Error {
  readonly code: SecretFileErrorCode;
  constructor(code: SecretFileErrorCode, message: string) {
    super(message);
    this.name = "SecretFileError";
    this.code = code;
  }
}

/** The secret of the file (43 characters of base64url, 256 random bits), which is made when absent. */
export async function createOrReadSecret(path: string): Promise<string> {
  return (await readSecret(path)) ?? (await createSecret(path));
}

/** The secret, undefined when there is no file. Throws SecretFileError for one that others can read or that is no secret. */
export async function readSecret(path: string): Promise<string | undefined> {
  await using file = await openExisting(path);
  if (file === undefined) return undefined;
  const status = await file.stat();
  if (!status.isFile() || (status.mode & 0o077) !== 0 || status.uid !== process.geteuid?.())
    throw new SecretFileError("not-private", `${path} must be a file of mode 0600 that belongs to this user`);
  const secret = (await readStart(file, longestSecretLength)).toString("latin1").trimEnd();
  if (!/^[\w-]{32,512}$/u.test(secret))
    throw new SecretFileError("malformed", `${path} must hold a token of 32 to 512 letters, digits, _ or -`);
  return secret;
}

/**
 * One line without spaces, of at most 4 KiB, from a file that a person or a kubelet put there; undefined when there is none.
 * Symbolic links are followed and a group may read what is root's: so is a Secret volume with an fsGroup mounted
 * (Kubernetes, "Secrets", "Configure a Security Context"). Throws SecretFileError for one that others can read or change.
 */
export async function readGivenSecret(path: string): Promise<string | undefined> {
  await using file = await openExisting(path, { isLinkFollowed: true });
  if (file === undefined) return undefined;
  const status = await file.stat();
  const { mode, uid } = status;
  const shared = uid === 0 ? 0o027 : 0o077;
  if (!status.isFile() || (mode & shared) !== 0 || (uid !== 0 && uid !== process.geteuid?.()))
    throw new SecretFileError(
      "not-private",
      `${path} must be a file that belongs to this user, of mode 0600, or to root, of mode 0440 or less`,
    );
  const bytes = await readStart(file, longestGivenLength);
  const secret = bytes.toString("utf8").trimEnd();
  if (bytes.length > longestGivenLength || !/^[\x21-\x7e]+$/u.test(secret))
    throw new SecretFileError("malformed", `${path} must hold one line without spaces, of at most 4096 characters`);
  return secret;
}

/** As many bytes, and one more where there are more. */
async function readStart(file: FileHandle, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length + 1);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  return buffer.subarray(0, bytesRead);
}

const longestSecretLength = 520;
const longestGivenLength = 4096;

async function openExisting(path: string, { isLinkFollowed = false } = {}): Promise<FileHandle | undefined> {
  try {
    // No pipe is waited for.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (isLinkFollowed ? 0 : constants.O_NOFOLLOW);
    return await open(path, flags);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") {
      return undefined;
    }
    if (code === "ELOOP") {
      throw new SecretFileError("not-private", `${path} must be a file, not a symbolic link`);
    }
    throw error;
  }
}

async function createSecret(path: string): Promise<string> {
  const secret = randomBytes(32).toString("base64url");
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.new`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(secret);
      await file.sync();
    } finally {
      await file.close();
    }
    // link and not rename: it fails when another process was first, whose secret then counts.
    await link(temporary, path);
  } catch (error) {
    const winner = (error as NodeJS.ErrnoException).code === "EEXIST" ? await readSecret(path) : undefined;
    if (winner === undefined) {
      throw error;
    }
    return winner;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return secret;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
