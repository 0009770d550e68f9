/**
 * Goes once through what an earlier process applied: each kind by itself, hundreds of objects a request, each compared with
 * its manifest. A kind that cannot be listed is tried again and keeps no other waiting.
 */
import { backoffDelayMs, sleep } from "../../process/backoff.ts";
import type { Log } from "../../process/log.ts";
import type { Oid } from "../../git/repository.ts";
import { type Kind, kindName } from "../inventory.ts";
import { lostFields, printOfApplied } from "../managed-fields.ts";
import { locateField } from "../conflict-path.ts";
import type { ReleaseFile } from "../release-file.ts";
import { readLeftOut } from "../settle-conflict.ts";
import type { ScannedObject, Target } from "../target.ts";

export type LookThrough = {
  readonly target: Target;
  readonly log: Log;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly claimOf: (id: string) => { readonly path: string; readonly oid: Oid } | undefined;
  readonly readFile: (path: string, oid: Oid) => Promise<ReleaseFile>;
  /** `isLost`: fields of the manifest are not ours any more. */
  readonly onSeen: (seen: {
    readonly id: string;
    readonly uid: string;
    readonly print: string;
    readonly isLost: boolean;
  }) => void;
  /** Every object of the kind, `[group/]Kind`, has been seen. */
  readonly onKind: (kind: string, seen: ReadonlySet<string>) => void;
};

const retry = { baseMs: 500, capMs: 60_000 };

/** Ends when every kind was gone through, or cannot be for good. Throws the signal's reason. */
export async function lookThrough(looking: LookThrough, kinds: Iterable<Kind>): Promise<void> {
  const files = new RecentFiles(looking.readFile);
  await Promise.all(Array.from(kinds, async (kind) => await lookThroughKind(looking, kind, files)));
}

async function lookThroughKind(looking: LookThrough, kind: Kind, files: RecentFiles): Promise<void> {
  const { log, random, signal, target } = looking;
  for (let failures = 0; ; failures += 1) {
    const seen = new Set<string>();
    const onPage = async (objects: readonly ScannedObject[]): Promise<void> => {
      for (const object of objects) {
        seen.add(object.id);
        await lookAt(looking, object, files);
      }
    };
    const failure = await target.scan({ ...kind, onPage, signal });
    if (failure === undefined) {
      looking.onKind(kindName(kind), seen);
      return;
    }
    if (failures === 0)
      log.warn({ kind: kind.kind, reason: failure.reason }, "what stands cannot be looked through yet");
    if (failure.class === "permanent") return;
    await sleep(backoffDelayMs(retry, failures, random), signal);
  }
}

async function lookAt(looking: LookThrough, { id, metadata }: ScannedObject, files: RecentFiles): Promise<void> {
  const claim = looking.claimOf(id);
  const manifest = claim === undefined ? undefined : (await files.read(claim.path, claim.oid))?.get(id)?.object;
  if (manifest === undefined) return;
  const { fieldManager } = looking.target;
  const { uid, managedFields } = metadata;
  const notes = readLeftOut(metadata, fieldManager).map((field) => locateField(manifest, field)?.join("\0"));
  const leftOut = new Set(notes);
  const lost = lostFields(manifest, managedFields, fieldManager);
  const isLost = lost.some((path) => !leftOut.has(path.join("\0")));
  looking.onSeen({ id, uid, print: printOfApplied(managedFields, fieldManager), isLost });
}

/** Objects of a kind come namespace by namespace, so neighbours share their Release. */
class RecentFiles {
  readonly #read: LookThrough["readFile"];
  readonly #files = new Map<string, ReleaseFile>();

  constructor(read: LookThrough["readFile"]) {
    this.#read = read;
  }

  async read(path: string, oid: Oid): Promise<(ReleaseFile & { readonly kind: "valid" })["objects"] | undefined> {
    const file = this.#files.get(oid) ?? (await this.#read(path, oid));
    this.#files.set(oid, file);
    if (this.#files.size > 16) this.#files.delete(this.#files.keys().next().value ?? oid);
    return file.kind === "valid" ? file.objects : undefined;
  }
}
