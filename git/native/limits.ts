/** Bounds on everything that comes from outside, and on every wait. */

export type Limits = {
  /** The largest blob that is read. */
  readonly blobBytes: number;
  /** The largest tree or commit object that is read. */
  readonly treeBytes: number;
  /** The most files a tree, or differences two trees, may have. */
  readonly files: number;
  /** Memory for parsed commits and trees, of one repository. */
  readonly cacheBytes: number;
  /** The largest pack one fetch may bring. */
  readonly fetchBytes: number;
  /** How long one exchange with the remote may take. */
  readonly remoteTimeoutMs: number;
  /** How long a command without a remote may take. */
  readonly localTimeoutMs: number;
  /** How long a git process without work is kept for the next one. */
  readonly idleProcessMs: number;
  /** A lock file older than this belongs to no live process (see stale-locks.ts); longer than `localTimeoutMs`. */
  readonly staleLockMs: number;
};

export const DEFAULT_LIMITS: Limits = {
  blobBytes: 16 * 1024 * 1024,
  treeBytes: 16 * 1024 * 1024,
  files: 250_000,
  cacheBytes: 16 * 1024 * 1024,
  fetchBytes: 1024 * 1024 * 1024,
  remoteTimeoutMs: 120_000,
  localTimeoutMs: 60_000,
  idleProcessMs: 60_000,
  staleLockMs: 2 * 60_000,
};
