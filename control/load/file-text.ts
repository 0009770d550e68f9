/** Bytes of a file to its text. */

/** Undefined for what is not UTF-8. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined; // not UTF-8: the caller reports it
  }
}

/** Latin-1 keeps every byte findable, so that names in a broken file still protect what they name. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
