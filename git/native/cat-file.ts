/**
 * Objects by id through one long-lived `git cat-file --batch-command`: no process per read, and a pack that arrives later is
 * found, because git looks again for packs when it misses an object. git does not compare an object with its id when it
 * reads one (only fetch, index-pack and fsck do), so every body is hashed here: a flipped bit on the disk is an error and
 * never a different manifest.
 */

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { formatOf, hashObject, type ObjectType } from "../object-id.ts";
import { checkOid } from "../ref.ts";
import { GitError, type Oid } from "../repository.ts";
import { ByteQueue } from "./byte-queue.ts";
import { Line } from "./line.ts";
import { killGroup, spawnGit, startFailure, type GitFolder } from "./program.ts";

export type ObjectInfo = { readonly type: ObjectType; readonly sizeBytes: number };

type Answer = { readonly info: ObjectInfo; readonly body: Buffer } | undefined;
type Question = {
  readonly verb: "info" | "contents";
  readonly oid: Oid;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: GitError) => void;
  deaths: number;
};

const TYPES: ReadonlySet<string> = new Set<ObjectType>(["blob", "tree", "commit", "tag"]);
const NOTHING = Buffer.alloc(0);
const KEPT_ERROR_CHARACTERS = 2000;

export class ObjectReader implements AsyncDisposable {
  readonly #folder: GitFolder;
  readonly #questions = new Line<Question>();
  #child: ChildProcessWithoutNullStreams | undefined;
  #input = new ByteQueue();
  #awaited: ObjectInfo | undefined;
  #lastWords = "";
  #timer: NodeJS.Timeout | undefined;
  #closed: GitError | undefined;

  constructor(folder: GitFolder) {
    this.#folder = folder;
    folder.signal?.addEventListener("abort", this.#abort, { once: true });
    if (folder.signal?.aborted === true) this.#abort();
  }

  /** Throws GitError `aborted` once this was closed or told to stop. */
  refuseWhenClosed(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }

  /** Type and size, or undefined when the repository lacks the object. */
  async info(oid: Oid): Promise<ObjectInfo | undefined> {
    return (await this.#ask("info", oid))?.info;
  }

  /**
   * The body of an object of this type, verified. The size is asked first, so that one too large is never sent. Throws
   * GitError `missing-object`, `not-a-…`, `too-large`, `corrupt`.
   */
  async read(oid: Oid, type: "blob" | "tree" | "commit"): Promise<Buffer> {
    const info = await this.info(oid);
    if (info === undefined) throw this.#error("missing-object", `lacks object ${oid}`);
    if (info.type !== type) throw this.#error(`not-a-${type}`, `has a ${info.type} at ${oid}, not a ${type}`);
    const limit = type === "blob" ? this.#folder.limits.blobBytes : this.#folder.limits.treeBytes;
    if (info.sizeBytes > limit) {
      throw this.#error("too-large", `has a ${type} of ${info.sizeBytes} bytes at ${oid}; the limit is ${limit}`);
    }
    const answer = await this.#ask("contents", oid);
    if (answer === undefined) throw this.#error("missing-object", `lost object ${oid}`);
    if (hashObject(formatOf(oid), type, answer.body) !== oid) {
      throw this.#error("corrupt", `holds other bytes at ${oid} than its id says`);
    }
    return answer.body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#folder.signal?.removeEventListener("abort", this.#abort);
    this.#close(new GitError("aborted", `${this.#folder.path} was closed`));
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.stdin.end();
    killGroup(child, "SIGTERM");
    await ended;
  }

  async #ask(verb: Question["verb"], oid: Oid): Promise<Answer> {
    checkOid(oid);
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#closed);
      this.#questions.push({ verb, oid, resolve, reject, deaths: 0 });
      if (this.#child === undefined) this.#start();
      else this.#say(this.#child, { verb, oid });
      if (this.#questions.length === 1) this.#restartTimer();
    });
  }

  #start(): void {
    const child = spawnGit(this.#folder, ["cat-file", "--batch-command"]);
    this.#child = child;
    this.#input = new ByteQueue();
    this.#awaited = undefined;
    this.#lastWords = "";
    child.once("error", (error) => this.#close(startFailure(error)));
    child.stdin.on("error", () => {}); // the end of the child says more
    child.stderr.on("data", (chunk: Buffer) => {
      this.#lastWords = `${this.#lastWords}${chunk.toString("utf8")}`.slice(-KEPT_ERROR_CHARACTERS);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      this.#input.push(chunk);
      this.#answer();
    });
    child.once("close", (exitCode) => {
      if (this.#child === child) this.#ended(exitCode);
    });
    for (const question of this.#questions.all()) this.#say(child, question);
  }

  /** What is asked in one turn goes in one write: an agent that starts asks for thousands of objects, many at once. */
  #say({ stdin }: ChildProcessWithoutNullStreams, { verb, oid }: Pick<Question, "verb" | "oid">): void {
    if (stdin.writableCorked === 0) {
      stdin.cork();
      process.nextTick(() => stdin.uncork());
    }
    stdin.write(`${verb} ${oid}\n`);
  }

  /** Answers come in the order of the questions: a line, and for `contents` the body and a newline. */
  #answer(): void {
    for (let question = this.#questions.first; question !== undefined; question = this.#questions.first) {
      if (this.#awaited === undefined) {
        const line = this.#input.takeLine();
        if (line === undefined) return;
        const info = readInfo(line);
        if (info !== undefined && question.verb === "contents") this.#awaited = info;
        else this.#settle(info === undefined ? undefined : { info, body: NOTHING });
        continue;
      }
      const body = this.#input.take(this.#awaited.sizeBytes + 1);
      if (body === undefined) return;
      this.#settle({ info: this.#awaited, body: body.subarray(0, -1) });
    }
  }

  #settle(answer: Answer): void {
    this.#awaited = undefined;
    this.#questions.shift()?.resolve(answer);
    this.#restartTimer();
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#closed !== undefined) return;
    if (this.#questions.length === 0) {
      this.#timer = setTimeout(() => this.#retire(), this.#folder.limits.idleProcessMs).unref();
      return;
    }
    this.#timer = setTimeout(() => {
      const timeoutMs = this.#folder.limits.localTimeoutMs;
      this.#questions.shift()?.reject(this.#error("timeout", `gave no object within ${timeoutMs} ms`));
      if (this.#child === undefined) return;
      // What it still says would be taken for the answer to the next question.
      this.#child.stdout.removeAllListeners("data").resume();
      killGroup(this.#child, "SIGKILL");
    }, this.#folder.limits.localTimeoutMs);
  }

  /** Ends a process that nobody has asked for long; the next question starts another. */
  #retire(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    child.stdin.end();
    killGroup(child, "SIGTERM");
  }

  /** git dies on a damaged object. The question it died of gets a second chance, all others are asked again. */
  #ended(exitCode: number | null): void {
    this.#child = undefined;
    const head = this.#questions.first;
    if (this.#closed !== undefined || head === undefined) return;
    head.deaths += 1;
    if (head.deaths > 1) {
      this.#questions.shift();
      const words = this.#lastWords.trim();
      head.reject(this.#error(exitCode === null ? "failed" : "corrupt", `could not give ${head.oid}: ${words}`));
    }
    if (this.#questions.length > 0) this.#start();
    this.#restartTimer();
  }

  readonly #abort = (): void => this.#close(new GitError("aborted", `reading ${this.#folder.path} was told to stop`));

  #close(reason: GitError): void {
    this.#closed ??= reason;
    clearTimeout(this.#timer);
    for (let next = this.#questions.shift(); next !== undefined; next = this.#questions.shift()) next.reject(reason);
    if (this.#child !== undefined) killGroup(this.#child, "SIGTERM");
  }

  #error(code: GitError["code"], fault: string): GitError {
    return new GitError(code, `${this.#folder.path} ${fault}`);
  }
}

/** `<oid> <type> <size>`; anything else (`<oid> missing`) is no object. */
function readInfo(line: string): ObjectInfo | undefined {
  const [, type = "", size = ""] = line.split(" ");
  return TYPES.has(type) ? { type: type as ObjectType, sizeBytes: Number(size) } : undefined; // just found in the set
}
