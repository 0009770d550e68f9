/** Reads the head of what a CGI program prints (RFC 3875, section 6): header lines, an empty line, the body. */

export type CgiHead = {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
};

/** Longer than any head of http-backend. */
export const longestHeadBytes = 16 * 1024;

/** The head and where the body starts; undefined while the empty line has not come. */
export function parseCgiHead(bytes: Buffer): { readonly head: CgiHead; readonly bodyStart: number } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) {
    return undefined;
  }
  let status = 200;
  const headers: (readonly [string, string])[] = [];
  for (const line of bytes.toString("latin1", 0, end).split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim();
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") {
      status = Number.parseInt(value, 10);
    } else if (name !== "") {
      headers.push([name, value]);
    }
  }
  return { head: { status, headers }, bodyStart: end + 4 };
}
