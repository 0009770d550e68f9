/**
 * What an agent applies to: a Kubernetes cluster now, other services later. Small on purpose; one contract suite runs on
 * every implementation, the in-memory one of the unit tests included. Outcomes are values; only a programming error or an
 * abort throws: the signal's own reason.
 */
import type { AppliedRecord } from "../schemas/applied-record.ts";
import type { KubernetesObject, ObjectKey } from "../schemas/object-id.ts";
import type { EncryptionReport } from "../schemas/transport-encryption.ts";
import type { ManagedFields } from "./managed-fields.ts";

/** Why a request came to nothing. Transient: try again later. Permanent: only another manifest helps. Blocked: it waits for something that is named. */
export type Failure = {
  readonly kind: "failed";
  readonly class: "transient" | "permanent" | "blocked";
  readonly reason: string;
  /** The target refuses to change a field of an object that exists: only another object can have it. */
  readonly isImmutable?: true;
};

export type FieldOwner = { readonly manager: string; readonly fields: readonly string[] };

export type ApplyOutcome =
  | {
      readonly kind: "applied";
      readonly uid: string;
      /** Unchanged when the apply changed nothing; empty in a dry run of a creation, whose uid means nothing either. */
      readonly resourceVersion: string;
      readonly generation: number | undefined;
      /** Of the fields that are the plane's own now; see managed-fields.ts. */
      readonly print: string;
    }
  /** Another manager owns fields of the request (server-side apply, HTTP 409); nothing was written. */
  | { readonly kind: "conflict"; readonly owners: readonly FieldOwner[]; readonly reason: string }
  | Failure;

/** What may pass to another plane's name, as it was read, and whose that name is (see pass-fields.ts). */
export type PassOptions = {
  readonly live: Pick<LiveMetadata, "uid" | "resourceVersion" | "managedFields">;
  /** Name of the manager that has the fields from now on. */
  readonly to: string;
};

/** Transient when the object is another by now, or is not as it was read. */
export type PassOutcome = { readonly kind: "passed" } | Failure;

export type DeleteOutcome =
  /** Gone, or going with nothing in its way. */
  | { readonly kind: "deleted" }
  /** Marked for deletion; it stays until somebody else has done what it waits for (Kubernetes: "Finalizers"). */
  | { readonly kind: "deleting"; readonly finalizers: readonly string[] }
  | { readonly kind: "absent" }
  /** Something else stands there under that name now; nothing was deleted. */
  | { readonly kind: "uid-changed"; readonly uid: string }
  | Failure;

/** Metadata of a live object. */
export type LiveMetadata = {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly deleting: boolean;
  /** What holds its deletion up. */
  readonly finalizers: readonly string[];
  /** `Kind/name` of the object whose controller made it. */
  readonly controller: string | undefined;
  readonly managedFields: readonly ManagedFields[];
};

/** An object that goes along when a namespace or a definition is deleted. */
export type ListedObject = {
  readonly id: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly owners: readonly { readonly uid: string; readonly isController: boolean }[];
  readonly finalizers: readonly string[];
  readonly deleting: boolean;
};

/** Everything in a namespace, or every object of a CustomResourceDefinition (by its name, `<plural>.<group>`). */
export type Holder = { readonly kind: "namespace" | "definition"; readonly name: string };

export type ListOutcome =
  | {
      readonly kind: "listed";
      /** By id, each object once; without events. */
      readonly objects: readonly ListedObject[];
      /** False when there are more than a listing holds. */
      readonly isWhole: boolean;
      /** Kinds that the agent may not list, as `plural.group`, sorted: objects of theirs may be there too. */
      readonly unlisted: readonly string[];
    }
  | Failure;

/** More objects than this are not listed. */
export const listLimit = 10_000;

export type ObjectOutcome =
  | { readonly kind: "found"; readonly object: KubernetesObject }
  | { readonly kind: "absent" }
  | Failure;

export type ApplyOptions = {
  readonly dryRun: boolean;
  /** Takes fields that others own. Default: false. */
  readonly force?: boolean;
  /** `keeper` applies in a second name of the plane's, which holds fields that the plane gives up. Default: `plane`. */
  readonly as?: "plane" | "keeper";
};

/** What becomes of an object's dependents: `background` deletes them, `orphan` leaves them. */
export type Propagation = "background" | "orphan";

export type ReadOutcome =
  | { readonly kind: "found"; readonly metadata: LiveMetadata }
  | { readonly kind: "absent" }
  | Failure;

export type Served =
  | { readonly kind: "served"; readonly namespaced: boolean }
  | { readonly kind: "not-served" }
  | Failure;

export type RecordOutcome =
  /** `version` is passed back when writing: a write of a stale one is a conflict. */
  | { readonly kind: "found"; readonly record: AppliedRecord; readonly version: string }
  | { readonly kind: "absent" }
  | Failure;

export type RecordWriteOutcome =
  | { readonly kind: "written"; readonly version: string }
  | { readonly kind: "conflict" }
  | Failure;

/**
 * What a watch saw. `listed` comes first and again after every gap, is complete, and follows a `gone` for each object known
 * before and missing now. `gone` means out of this plane's sight (deleted, or its plane label was taken off): read before
 * acting on it. `failed` says why nothing is seen for now; what was seen stands, and the watch goes on by itself.
 */
export type WatchEvent =
  | { readonly kind: "listed"; readonly objects: readonly WatchedObject[] }
  | { readonly kind: "changed"; readonly object: WatchedObject }
  | { readonly kind: "gone"; readonly id: string; readonly uid: string }
  | { readonly kind: "failed"; readonly reason: string };

/** A watched object reduced on arrival to what its health needs. */
export type WatchedObject = { readonly id: string; readonly uid: string; readonly reduced: unknown };

export type WatchRequest = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** `metadata` asks for apiVersion, kind and metadata alone, enough for drift and about half the bytes. Default: `whole`. */
  readonly detail?: "whole" | "metadata";
  /** All objects of this namespace, whoever's, instead of this plane's own in every namespace. */
  readonly everythingIn?: string;
  /** Called for each object as it arrives; the object itself is not kept. */
  readonly reduce: (object: KubernetesObject) => unknown;
  readonly onEvent: (event: WatchEvent) => void;
  readonly signal: AbortSignal;
};

/** What somebody in the target noted about an object (Kubernetes: an Event of type Warning). */
export type ObjectEvent = {
  readonly reason: string;
  readonly message: string;
  /** RFC 3339; empty where it is not known. */
  readonly at: string;
};

export type Waiting = { readonly signal: AbortSignal };

export type ScannedObject = { readonly id: string; readonly metadata: LiveMetadata };

export type ScanRequest = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Called page by page, each after the one before has been dealt with. */
  readonly onPage: (objects: readonly ScannedObject[]) => Promise<void>;
  readonly signal: AbortSignal;
};

export interface Target extends AsyncDisposable {
  /** Identity of the target itself: a rebuilt cluster has another one (Kubernetes: uid of namespace kube-system). */
  readUid(options: Waiting): Promise<{ readonly kind: "found"; readonly uid: string } | Failure>;
  /** Whether a kind is served, from cached discovery; `fresh` asks again. */
  serves(
    key: Pick<ObjectKey, "group" | "version" | "kind">,
    options: Waiting & { readonly fresh?: boolean },
  ): Promise<Served>;
  /** `[group/]version/Kind` of everything served, sorted by code unit; groups whose server is down with what is last known. */
  listServed(options: Waiting): Promise<readonly string[] | Failure>;
  /** The name under which the plane owns fields. */
  readonly fieldManager: string;
  /**
   * Server-side apply, strict about unknown fields. With a `metadata.resourceVersion` in it, only onto that version: anything
   * else is a transient failure.
   */
  apply(object: KubernetesObject, options: Waiting & ApplyOptions): Promise<ApplyOutcome>;
  /** The whole live object, of a kind in the key's very version. */
  readObject(key: ObjectKey, options: Waiting): Promise<ObjectOutcome>;
  /** Reads and deletes fall back to another served version of the kind; `absent` when a fresh, whole discovery has none. */
  read(key: ObjectKey, options: Waiting): Promise<ReadOutcome>;
  /** Gives what planes own in an object to one manager, and changes nothing else; only while the object is as it was read. */
  passFields(key: ObjectKey, options: Waiting & PassOptions): Promise<PassOutcome>;
  /** Deletes exactly the object with this uid. Default: its dependents go in the background. */
  delete(
    key: ObjectKey,
    options: Waiting & { readonly uid: string; readonly propagation?: Propagation },
  ): Promise<DeleteOutcome>;
  /** Metadata of what a delete of the holder takes along, whoever made it. Failed when any kind of it cannot be listed. */
  list(holder: Holder, options: Waiting): Promise<ListOutcome>;
  /** Watches this plane's own objects of one kind, then resolves once aborted; re-lists by itself after an expired watch. */
  watch(request: WatchRequest): Promise<void>;
  /** Warnings about an object, newest first; a few at most, in one request. */
  readEvents(
    about: { readonly namespace: string; readonly uid: string },
    options: Waiting,
  ): Promise<readonly ObjectEvent[] | Failure>;
  /** Goes through this plane's objects of one kind once, metadata alone. Undefined at the end; throws what `onPage` throws. */
  scan(request: ScanRequest): Promise<Failure | undefined>;
  /** Whether traffic between the target's nodes is encrypted. A failure to find out is `unknown` and says why. */
  readEncryption(options: Waiting): Promise<EncryptionReport>;
  readRecord(options: Waiting): Promise<RecordOutcome>;
  /**
   * Whether the target showed, after a moment of `performance.now`, the record at this very version. Costs no request, so it
   * is false also where nothing is shown: then only reading tells.
   */
  isRecordAt(version: string, options: Waiting & { readonly sinceMs: number }): Promise<boolean>;
  /** `version` undefined creates. */
  writeRecord(
    record: AppliedRecord,
    options: Waiting & { readonly version: string | undefined },
  ): Promise<RecordWriteOutcome>;
  /** Requests sent so far, for figures and tests. */
  readonly requests: number;
}
