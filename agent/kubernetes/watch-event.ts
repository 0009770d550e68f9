/** What a list page and one line of a watch say, with each object reduced on arrival. Read by hand where it is hot. Pure. */
import { z } from "zod";
import { isKubernetesObject, type KubernetesObject, objectId, objectKey } from "../../schemas/object-id.ts";
import type { WatchedObject, WatchRequest } from "../target.ts";
import { type ApiStatus, readStatus } from "./api-status.ts";
import { parseJson } from "./read-body.ts";

/** The little that is kept of an object between events. */
export type Seen = { readonly uid: string };

export type Arrival = { readonly object: WatchedObject; readonly resourceVersion: string };

export type ListPage = {
  readonly arrivals: readonly Arrival[];
  readonly resourceVersion: string;
  /** Undefined on the last page. */
  readonly next: string | undefined;
};

export type StreamEvent =
  | { readonly kind: "changed"; readonly arrival: Arrival }
  | { readonly kind: "gone"; readonly id: string; readonly uid: string; readonly resourceVersion: string }
  | { readonly kind: "bookmark"; readonly resourceVersion: string }
  | { readonly kind: "error"; readonly code: number; readonly status: ApiStatus }
  | { readonly kind: "unreadable" };

type Shape = Pick<WatchRequest, "group" | "version" | "kind" | "reduce">;

const List = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});

/** Undefined when it is no list, or one of its items is no object: a listing is whole or it is none. */
export function readListPage(body: unknown, shape: Shape): ListPage | undefined {
  const list = List.safeParse(body);
  if (!list.success) return undefined;
  const arrivals: Arrival[] = [];
  for (const item of list.data.items ?? []) {
    const arrival = readArrival(item, shape);
    if (arrival === undefined) return undefined;
    arrivals.push(arrival);
  }
  const { resourceVersion, continue: next } = list.data.metadata;
  return { arrivals, resourceVersion, next: next === "" ? undefined : next };
}

const Line = z.object({ type: z.string(), object: z.unknown() });
const Bookmark = z.object({ metadata: z.object({ resourceVersion: z.string().min(1) }) });

export function readStreamEvent(line: string, shape: Shape): StreamEvent {
  const parsed = Line.safeParse(parseJson(line));
  if (!parsed.success) return { kind: "unreadable" };
  const { type, object } = parsed.data;
  if (type === "ERROR") return { kind: "error", code: statusCode(object), status: readStatus(object) };
  if (type === "BOOKMARK") {
    const bookmark = Bookmark.safeParse(object);
    if (!bookmark.success) return { kind: "unreadable" };
    return { kind: "bookmark", resourceVersion: bookmark.data.metadata.resourceVersion };
  }
  if (type === "DELETED") {
    const whole = readObject(object, shape);
    if (whole === undefined) return { kind: "unreadable" };
    return {
      kind: "gone",
      id: objectId(objectKey(whole.object)),
      uid: whole.uid,
      resourceVersion: whole.resourceVersion,
    };
  }
  const arrival = readArrival(object, shape);
  return arrival === undefined ? { kind: "unreadable" } : { kind: "changed", arrival };
}

function readArrival(item: unknown, shape: Shape): Arrival | undefined {
  const whole = readObject(item, shape);
  if (whole === undefined) return undefined;
  const { object, uid, resourceVersion } = whole;
  return { object: { id: objectId(objectKey(object)), uid, reduced: shape.reduce(object) }, resourceVersion };
}

/** Items of a list carry no apiVersion and kind of their own, or those of PartialObjectMetadata: the request's are put back. */
function readObject(
  item: unknown,
  { group, version, kind }: Shape,
): { object: KubernetesObject; uid: string; resourceVersion: string } | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const object: unknown = { ...item, apiVersion: group === "" ? version : `${group}/${version}`, kind };
  if (!isKubernetesObject(object)) return undefined;
  const { uid, resourceVersion } = object.metadata;
  if (typeof uid !== "string" || uid === "" || typeof resourceVersion !== "string" || resourceVersion === "") {
    return undefined;
  }
  return { object, uid, resourceVersion };
}

function statusCode(object: unknown): number {
  const status = z.object({ code: z.number() }).safeParse(object);
  return status.success ? status.data.code : 0;
}
