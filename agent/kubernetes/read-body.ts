/** Bodies of the API server: one JSON document, or a stream with one document a line. Both bounded. */

/** More arrived than may be held. */
export class TooLargeError extends Error {}

/** The document; undefined for an empty body or one that is not JSON. Throws TooLargeError past the limit, ending the stream. */
export async function readBody(chunks: AsyncIterable<Uint8Array>, limitBytes: number): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) throw new TooLargeError(`the answer is larger than ${limitBytes} bytes`);
    parts.push(chunk);
  }
  return parseJson(Buffer.concat(parts).toString("utf8"));
}

/** The lines as they arrive, without their ends; an unfinished last one is dropped. Throws TooLargeError past the limit. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > limitBytes) throw new TooLargeError(`an event is larger than ${limitBytes} bytes`);
  }
}

/** Undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
