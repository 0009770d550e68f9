/** What the in-memory targets of several planes have in common when they serve one cluster. */
import type { Live } from "./memory-live.ts";
import type { MemoryEvent } from "./memory-watch.ts";

export type MemoryCluster = {
  readonly objects: Map<string, Live>;
  readonly watchers: Set<(event: MemoryEvent) => void>;
  /** Of the last write. */
  version: number;
};

export function openMemoryCluster(): MemoryCluster {
  return { objects: new Map(), watchers: new Set(), version: 0 };
}
