/** What carrying out a plan needs: the target, and how patient and how parallel to be. */
import type { Log } from "../process/log.ts";
import type { PlaneId } from "../schemas/layout.ts";
import type { Patience } from "./attempt.ts";
import type { Line, Slots } from "./slots.ts";
import type { Target } from "./target.ts";

export type AppliedObject = {
  readonly uid: string;
  readonly generation?: number | undefined;
  readonly print?: string;
};

export type Applier = Patience & {
  readonly target: Target;
  readonly plane: PlaneId;
  readonly slots: Slots;
  readonly log: Log;
  /** How long a new definition may take to be served, and a deleted object to be gone. */
  readonly definitionWaitMs: number;
  /** How long a delete is waited for that somebody else's finalizer delays. Default 5 s. */
  readonly deletionWaitMs?: number;
  /** Whether fields of ours that others took are taken back, for objects of a path. */
  readonly heals: (path: string) => boolean;
  /** Whether a person approved to replace exactly this object. */
  readonly mayReplace: (id: string, uid: string) => boolean;
  /** Why one more object, of this uid, must not be replaced by its class's word alone; undefined counts it in. */
  readonly refuseReplacement: (uid: string) => string | undefined;
  /** Told of each object the moment its apply has answered. */
  readonly onApplied?: (id: string, applied: AppliedObject) => void;
};

/** What making one object needs. Its requests may go ahead of others'. */
export type ObjectApplier = Omit<Applier, "slots"> & { readonly slots: Line };
