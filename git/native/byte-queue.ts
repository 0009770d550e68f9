/** Chunks from a pipe, taken out as lines and as counts of bytes, each byte copied at most once. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #bytes = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The next line without its newline, or undefined while it is not complete. */
  takeLine(): string | undefined {
    let before = 0;
    for (const chunk of this.#chunks) {
      const at = chunk.indexOf(0x0a);
      if (at !== -1) return this.take(before + at + 1)?.toString("utf8", 0, before + at);
      before += chunk.length;
    }
    return undefined;
  }

  /** The next `count` bytes, or undefined while there are fewer. */
  take(count: number): Buffer | undefined {
    if (this.#bytes < count) return undefined;
    const first = this.#chunks[0];
    if (first === undefined) return Buffer.alloc(0);
    this.#bytes -= count;
    if (first.length >= count) {
      this.#chunks[0] = first.subarray(count);
      if (first.length === count) this.#chunks.shift();
      return first.subarray(0, count);
    }
    return this.#takeAcross(count);
  }

  #takeAcross(count: number): Buffer {
    const taken = Buffer.allocUnsafe(count);
    let at = 0;
    let used = 0;
    for (const chunk of this.#chunks) {
      const copied = chunk.copy(taken, at, 0, count - at);
      at += copied;
      if (copied < chunk.length) {
        this.#chunks[used] = chunk.subarray(copied);
        break;
      }
      used += 1;
    }
    this.#chunks.splice(0, used);
    return taken;
  }
}
