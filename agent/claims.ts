/**
 * Who owns an object that two Releases claim: the one whose claim was applied. What the record knows to be completed says so
 * without a request; else the live object's own label does. Nobody's, when neither can tell.
 */
import { labelKeys, managedByValue, releaseId } from "../schemas/labels.ts";
import { type PlaneId, planeKey } from "../schemas/layout.ts";
import type { ObjectKey } from "../schemas/object-id.ts";
import type { DesiredPath } from "./desired.ts";
import type { LiveMetadata, Target } from "./target.ts";

export type ClaimRequest = {
  readonly plane: PlaneId;
  readonly desired: readonly DesiredPath[];
  readonly claimants: (id: string) => readonly string[];
  readonly signal: AbortSignal;
};

/** The owner of every object of the paths in question that has more than one claimant. */
export async function findOwners(
  target: Target,
  { plane, desired, claimants, signal }: ClaimRequest,
): Promise<ReadonlyMap<string, string | undefined>> {
  const owners = new Map<string, string | undefined>();
  for (const [id, key] of contestedObjects(desired, claimants)) {
    const paths = claimants(id);
    const completed = paths.filter((path) => isCompletedBy(path, id, desired));
    owners.set(id, completed.length === 1 ? completed[0] : await readOwner(target, { key, plane, paths, signal }));
  }
  return owners;
}

function contestedObjects(
  desired: readonly DesiredPath[],
  claimants: (id: string) => readonly string[],
): ReadonlyMap<string, ObjectKey> {
  const contested = new Map<string, ObjectKey>();
  for (const { next } of desired) {
    if (next.kind !== "release") continue;
    for (const { id, key } of next.objects.values()) {
      if (claimants(id).length > 1) contested.set(id, key);
    }
  }
  return contested;
}

/** A path that is not in question is completed as it stands in the tree. */
function isCompletedBy(path: string, id: string, desired: readonly DesiredPath[]): boolean {
  const inQuestion = desired.find((candidate) => candidate.path === path);
  return inQuestion === undefined || inQuestion.completed?.has(id) === true;
}

type LiveQuestion = {
  readonly key: ObjectKey;
  readonly plane: PlaneId;
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
};

async function readOwner(target: Target, { key, plane, paths, signal }: LiveQuestion): Promise<string | undefined> {
  const live = await target.read(key, { signal });
  return live.kind === "found" ? paths.find((path) => isRenderedFor(live.metadata, { plane, path })) : undefined;
}

/** Whether a live object is ours and was last applied for this path. One that a controller has charge of inherited its labels. */
export function isRenderedFor(
  { labels, controller }: LiveMetadata,
  at: { readonly plane: PlaneId; readonly path: string },
): boolean {
  const isOfPath = labels[labelKeys.releaseId] === releaseId(at.path);
  return controller === undefined && isOfPath && isOfPlane(labels, at.plane);
}

/** Whether the labels say that this plane's agent applied the object, or what made it. */
export function isOfPlane(labels: LiveMetadata["labels"], plane: PlaneId): boolean {
  return labels[labelKeys.managedBy] === managedByValue && labels[labelKeys.plane] === planeKey(plane);
}
