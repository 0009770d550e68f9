/** How to reach one API server and as whom: what a kubeconfig file or a pod's service account comes down to. */
import { readFile, stat } from "node:fs/promises";

export type ClusterAccess = {
  /** Scheme, host and port, perhaps with a path that every request is put under; never with credentials or a query. */
  readonly server: URL;
  readonly tls: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
  /** The bearer token to send now; asked before every request. Undefined: no token. */
  readonly readToken: (() => Promise<string>) | undefined;
};

export type ClusterAccessErrorCode = "unreadable" | "invalid" | "unsupported";

/** The access cannot be used. The message names file and field, and never holds a credential. */
export class ClusterAccessError extends Error {
  readonly code: ClusterAccessErrorCode;
  constructor(code: ClusterAccessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ClusterAccessError";
    this.code = code;
  }
}

const limitBytes = 1 << 20;

/** Throws ClusterAccessError `unreadable`, naming the path, also for a file over a mebibyte. */
export async function readAccessFile(path: string): Promise<Buffer> {
  const content = await readFile(path).catch((cause: unknown) => {
    throw new ClusterAccessError("unreadable", `cannot read ${path}`, { cause });
  });
  if (content.length > limitBytes) throw new ClusterAccessError("unreadable", `${path} is larger than 1 MiB`);
  return content;
}

/**
 * Reads the token anew when its file changes: a kubelet swaps the projected file well before the token expires
 * (Kubernetes: "Service Account token volume projection"). While the file cannot be read, the last token stands.
 */
export function tokenFromFile(path: string): () => Promise<string> {
  let known: { readonly version: string; readonly token: string } | undefined;
  return async () => {
    const status = await stat(path).catch(() => undefined);
    const version = status === undefined ? undefined : `${status.ino}:${status.mtimeMs}:${status.size}`;
    if (known !== undefined && (version === undefined || version === known.version)) return known.token;
    const token = (await readAccessFile(path)).toString("utf8").trim();
    if (token === "") throw new ClusterAccessError("invalid", `${path} holds no token`);
    known = { version: version ?? "", token };
    return token;
  };
}
