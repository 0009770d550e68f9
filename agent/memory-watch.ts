/** One watch of the in-memory target: what it is told, first of all that is there and then of every change. */
import { labelKeys } from "../schemas/labels.ts";
import { type PlaneId, planeKey } from "../schemas/layout.ts";
import { type KubernetesObject, objectId } from "../schemas/object-id.ts";
import { type Live, metadataOf, metadataOnly, whole } from "./memory-live.ts";
import type { WatchRequest } from "./target.ts";

export type MemoryEvent = {
  readonly kind: "changed" | "gone";
  readonly live: Live;
  readonly object: KubernetesObject;
};

export type Watched = { readonly plane: PlaneId; readonly objects: Iterable<Live> };

/** Tells what is there now, and answers what is to be called with every event from now on. */
export function startWatch(request: WatchRequest, { plane, objects }: Watched): (event: MemoryEvent) => void {
  const seen = (live: Live): boolean => live.key.kind === request.kind && live.key.group === request.group;
  const ours = (live: Live): boolean =>
    request.everythingIn === undefined ? isLabelledFor(live, plane) : live.key.namespace === request.everythingIn;
  const reduced = (live: Live, object: KubernetesObject) => ({
    id: objectId(live.key),
    uid: live.uid,
    reduced: request.reduce(request.detail === "metadata" ? metadataOnly(object) : object),
  });
  const known = [...objects].filter((live) => seen(live) && ours(live));
  const ids = new Set(known.map((live) => objectId(live.key)));
  request.onEvent({ kind: "listed", objects: known.map((live) => reduced(live, whole(live))) });
  return ({ kind, live, object }) => {
    const id = objectId(live.key);
    if (!seen(live) || (!ours(live) && !ids.has(id))) return;
    if (kind === "changed" && ours(live)) {
      ids.add(id);
      request.onEvent({ kind, object: reduced(live, object) });
    } else if (ids.delete(id)) {
      request.onEvent({ kind: "gone", id, uid: live.uid });
    }
  };
}

export function isLabelledFor(live: Live, plane: PlaneId): boolean {
  return metadataOf(live).labels[labelKeys.plane] === planeKey(plane);
}
