/**
 * Warnings about one object, as the cluster's components note them (Kubernetes: Event, core/v1). Asked for by the object's uid
 * and never watched: a cluster has far more of them than anything else.
 */
import { z } from "zod";
import { compareText } from "../../schemas/compare.ts";
import type { Failure, ObjectEvent } from "../target.ts";
import { classifyAnswer } from "./api-status.ts";
import type { Cluster } from "./cluster.ts";
import { collectionPath } from "./resource-path.ts";

const mostEvents = 50;
const longestMessage = 2000;

const EventList = z.object({
  items: z
    .array(
      z.object({
        reason: z.string().nullish(),
        message: z.string().nullish(),
        lastTimestamp: z.string().nullish(),
        eventTime: z.string().nullish(),
        series: z.object({ lastObservedTime: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
});

const resource = { group: "", version: "v1", kind: "Event", plural: "events", namespaced: true };

export async function readEvents(
  { connection }: Cluster,
  { namespace, uid }: { readonly namespace: string; readonly uid: string },
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly ObjectEvent[] | Failure> {
  const query = new URLSearchParams({
    fieldSelector: `involvedObject.uid=${uid},type=Warning`,
    limit: String(mostEvents),
  });
  const path = `${collectionPath(resource, namespace)}?${query.toString()}`;
  const answer = await connection.send({ verb: "list", path, signal });
  if (answer.kind === "failed") return answer;
  if (answer.status !== 200) return classifyAnswer(answer, resource);
  const list = EventList.safeParse(answer.body);
  if (!list.success) return { kind: "failed", class: "transient", reason: "the list of events cannot be read" };
  return (list.data.items ?? [])
    .map(({ reason, message, lastTimestamp, eventTime, series }) => ({
      reason: reason ?? "",
      message: (message ?? "").slice(0, longestMessage),
      at: series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? "",
    }))
    .sort((a, b) => compareText(b.at, a.at) || compareText(a.reason, b.reason) || compareText(a.message, b.message));
}
