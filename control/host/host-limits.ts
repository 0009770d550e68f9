/** The host's bounds. Each has a default that suits a fleet of a thousand planes on a small machine. */

export type HostLimits = {
  /** git processes at once, and of one principal; who must wait does so in a queue, then gets 503. */
  readonly backends: number;
  readonly backendsPerPrincipal: number;
  readonly backendsQueued: number;
  readonly queueMs: number;
  /** Bytes of a fetch's request (its wants and haves), counted after decompression. */
  readonly fetchRequestBytes: number;
  /** Bytes of a push. */
  readonly pushBytes: number;
  /** The longest fetch or push. */
  readonly exchangeMs: number;
  /** A connection on which nothing moves for so long is cut. */
  readonly idleMs: number;
  readonly connections: number;
  /** Open wake-up streams of one principal; the oldest gives way. */
  readonly wakesPerAgent: number;
  readonly wakesOfPeople: number;
  /** How often a comment keeps a wake-up stream alive. */
  readonly wakeCommentMs: number;
  /** How long closing waits for running pushes. */
  readonly closeMs: number;
};

export const defaultHostLimits: HostLimits = {
  backends: 32,
  backendsPerPrincipal: 16,
  backendsQueued: 256,
  queueMs: 15_000,
  fetchRequestBytes: 4 * 1024 * 1024,
  pushBytes: 256 * 1024 * 1024,
  exchangeMs: 15 * 60_000,
  idleMs: 60_000,
  connections: 8192,
  wakesPerAgent: 4,
  wakesOfPeople: 256,
  wakeCommentMs: 15_000,
  closeMs: 30_000,
};
