/**
 * Lists what a delete of a namespace or a definition takes along: metadata alone, page by page, every kind that is kept
 * there. What cannot be listed for the moment is a failure, and what the agent may not list is named: neither can be called
 * empty.
 */
import { z } from "zod";
import { compareText } from "../../schemas/compare.ts";
import { objectId } from "../../schemas/object-id.ts";
import { Slots } from "../slots.ts";
import { type Failure, type Holder, type ListedObject, listLimit, type ListOutcome, type Waiting } from "../target.ts";
import { classifyAnswer, cutReason } from "./api-status.ts";
import type { Cluster } from "./cluster.ts";
import { metadataListAccept } from "./object-metadata.ts";
import type { ServedResource } from "./parse-discovery.ts";
import { collectionPath } from "./resource-path.ts";

const pageSize = 500;
/** A cluster serves some sixty kinds; a namespace is looked at seldom and may take a second. */
const kindsAtOnce = 8;

export async function listObjects(cluster: Cluster, holder: Holder, waiting: Waiting): Promise<ListOutcome> {
  const kept = await cluster.discovery.listKept(waiting);
  if ("kind" in kept) return kept;
  const namespace = holder.kind === "namespace" ? holder.name : undefined;
  const resources = kept.filter((resource) => isHeldBy(resource, holder));
  const found = new Map<string, ListedObject>();
  const unlisted = new Set<string>();
  let failure: Failure | undefined;
  await new Slots(kindsAtOnce).map(resources, async (resource) => {
    if (failure === undefined) failure = await listKind(cluster, { resource, namespace, found, unlisted }, waiting);
  });
  if (failure !== undefined) return failure;
  const objects = [...found.values()].sort((a, b) => compareText(a.id, b.id));
  return {
    kind: "listed",
    objects: objects.slice(0, listLimit),
    isWhole: objects.length <= listLimit,
    unlisted: [...unlisted].sort(),
  };
}

/** Events are about objects and no reason to keep a namespace. */
function isHeldBy(resource: ServedResource, { kind, name }: Holder): boolean {
  if (kind === "definition") return `${resource.plural}.${resource.group}` === name;
  return resource.namespaced && resource.plural !== "events";
}

type KindListing = {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  /** By uid: one object may be served by two groups. */
  readonly found: Map<string, ListedObject>;
  readonly unlisted: Set<string>;
};

async function listKind(
  cluster: Cluster,
  { resource, namespace, found, unlisted }: KindListing,
  { signal }: Waiting,
): Promise<Failure | undefined> {
  let next: string | undefined;
  do {
    const query = { limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) };
    const path = `${collectionPath(resource, namespace)}?${new URLSearchParams(query).toString()}`;
    const headers = { accept: metadataListAccept };
    const answer = await cluster.connection.send({ verb: "list", path, headers, signal });
    if (answer.kind === "failed") return answer;
    if (answer.status === 403) {
      unlisted.add(resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`);
      return undefined;
    }
    if (answer.status !== 200) {
      if (answer.status === 404) cluster.discovery.forget(resource.group);
      return classifyAnswer(answer, resource);
    }
    const page = Page.safeParse(answer.body);
    if (!page.success) return transient(`the list of ${resource.plural} cannot be read`);
    for (const { metadata } of page.data.items ?? []) found.set(metadata.uid, listedObject(resource, metadata));
    next = page.data.metadata.continue;
  } while (next !== undefined && next !== "" && found.size <= listLimit);
  return undefined;
}

function transient(reason: string): Failure {
  return { kind: "failed", class: "transient", reason: cutReason(reason) };
}

const Metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().min(1),
  labels: z.record(z.string(), z.string()).nullish(),
  finalizers: z.array(z.string()).nullish(),
  deletionTimestamp: z.string().nullish(),
  ownerReferences: z.array(z.object({ uid: z.string(), controller: z.boolean().nullish() })).nullish(),
});

const Page = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(z.object({ metadata: Metadata })).nullish(),
});

function listedObject({ group, version, kind }: ServedResource, metadata: z.infer<typeof Metadata>): ListedObject {
  const { name, namespace, uid, labels, finalizers, deletionTimestamp, ownerReferences } = metadata;
  return {
    id: objectId({ group, version, kind, name, ...(namespace === undefined ? {} : { namespace }) }),
    uid,
    labels: labels ?? {},
    owners: (ownerReferences ?? []).map((owner) => ({ uid: owner.uid, isController: owner.controller === true })),
    finalizers: finalizers ?? [],
    deleting: typeof deletionTimestamp === "string",
  };
}
