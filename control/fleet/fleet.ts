/** What runs where, as data: what `gitplane status` and its kin show. */
import type { Oid } from "../../git/repository.ts";
import type { Health } from "../../schemas/health.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Catalogue } from "./catalogue.ts";
import type { HoldStatus } from "./hold-rows.ts";
import type { ReleaseStatus } from "./release-status.ts";

export type PlaneStatus = {
  readonly plane: string;
  /** Tip of its branch. */
  readonly revision?: Oid;
  readonly specs?: Oid;
  readonly sequence: number;
  readonly appliedRevision?: Oid;
  readonly appliedSequence: number;
  readonly agent?: string;
  /** RFC 3339, as the agent said it. */
  readonly lastSeen?: string;
  /** Tip of its receipts branch. */
  readonly receipts?: Oid;
  /** Without Cells. */
  readonly releases: number;
  readonly health: Health;
  readonly reason?: string;
  /** What its agent holds until a person approves; absent when that is nothing. */
  readonly holds?: readonly HoldStatus[];
};

/** The commit that the specs branch stands at. */
export type SpecsHead = { readonly author: string; readonly subject: string; readonly committedAtSeconds: number };

export type Fleet = {
  /** Undefined while the specs repository has no commit. */
  readonly specs: Oid | undefined;
  readonly head?: SpecsHead;
  readonly problems: readonly Problem[];
  readonly planes: readonly PlaneStatus[];
  readonly releases: readonly ReleaseStatus[];
  readonly catalogue: Catalogue;
};
