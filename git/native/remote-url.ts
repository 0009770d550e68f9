/** A remote's address: only schemes that move objects, no credential inside, nothing a command line could take for an option. */

import { GitError } from "../repository.ts";

export type Credential = { readonly user: string; readonly token: string };

/** Of `user:token`, or of a token alone, which `user` has then; undefined for what is neither. */
export function parseCredential(text: string, user: string): Credential | undefined {
  const [, said = user, token] = /^(?:([^:\s]+):)?(\S+)$/.exec(text) ?? [];
  return token === undefined ? undefined : { user: said, token };
}

export type RemoteOptions = {
  /** `https://`, `http://`, `ssh://`, `file://`, `user@host:path` or an absolute path. */
  readonly url: string;
  /** For http and https; sent to this URL's host only. Over plain http anyone on the way reads it. */
  readonly credential?: Credential | undefined;
  /** A PEM file of authorities to trust instead of the system's. */
  readonly authorityFile?: string | undefined;
};

export type Remote = RemoteOptions & {
  readonly protocol: "https" | "http" | "ssh" | "file";
  /** Scheme, host and port, of http and https. */
  readonly origin: string | undefined;
};

const SCP_LIKE = /^[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:(?!\/\/)[^\0-\x20\x7f]+$/u; // oxlint-disable-line no-control-regex

/** Throws GitError `not-allowed`; the message never repeats the URL, which may hold a password. */
export function parseRemote(options: RemoteOptions): Remote {
  const { url } = options;
  if (url.startsWith("/")) return { ...options, protocol: "file", origin: undefined };
  if (SCP_LIKE.test(url)) return { ...options, protocol: "ssh", origin: undefined };
  const parsed = URL.parse(url);
  switch (parsed?.protocol) {
    case "file:":
      return { ...options, protocol: "file", origin: undefined };
    case "ssh:":
      if (parsed.password !== "" || parsed.hostname.startsWith("-")) throw refuse("an SSH URL may not hold a password");
      return { ...options, protocol: "ssh", origin: undefined };
    case "https:":
    case "http:":
      if (parsed.username !== "" || parsed.password !== "")
        throw refuse("put the credential beside the URL, not into it");
      return { ...options, protocol: parsed.protocol === "https:" ? "https" : "http", origin: parsed.origin };
    default:
      throw refuse("a remote is an https, http, ssh or file URL, user@host:path or an absolute path");
  }
}

function refuse(fault: string): GitError {
  return new GitError("not-allowed", fault);
}
