/** Goes through this plane's objects of one kind, metadata alone, page by page: one request for hundreds of objects. */
import { z } from "zod";
import { labelKeys } from "../../schemas/labels.ts";
import { planeKey } from "../../schemas/layout.ts";
import { objectId } from "../../schemas/object-id.ts";
import type { Failure, ScanRequest, ScannedObject } from "../target.ts";
import { classifyAnswer, cutReason } from "./api-status.ts";
import type { Cluster } from "./cluster.ts";
import { metadataListAccept, parseMetadata } from "./object-metadata.ts";
import type { ServedResource } from "./parse-discovery.ts";
import { collectionPath } from "./resource-path.ts";

const pageSize = 250;

const Page = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});
const Named = z.object({ metadata: z.object({ name: z.string(), namespace: z.string().optional() }) });

/** Undefined when all pages were gone through; a kind that is not served has none. */
export async function scanKind(cluster: Cluster, request: ScanRequest): Promise<Failure | undefined> {
  const { signal, onPage } = request;
  const lookup = await cluster.discovery.find(request, { signal });
  if (lookup.kind === "failed") return lookup;
  if (lookup.kind === "not-served") return undefined;
  const labelSelector = `${labelKeys.plane}=${planeKey(cluster.plane)}`;
  let next: string | undefined;
  do {
    const query = { labelSelector, limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) };
    const path = `${collectionPath(lookup.resource)}?${new URLSearchParams(query).toString()}`;
    const answer = await cluster.connection.send({
      verb: "list",
      path,
      headers: { accept: metadataListAccept },
      signal,
    });
    if (answer.kind === "failed") return answer;
    if (answer.status !== 200) return classifyAnswer(answer, lookup.resource);
    const page = readPage(answer.body, lookup.resource);
    if (page === undefined) {
      return {
        kind: "failed",
        class: "transient",
        reason: cutReason(`the list of ${lookup.resource.plural} cannot be read`),
      };
    }
    await onPage(page.objects);
    next = page.next;
  } while (next !== undefined);
  return undefined;
}

function readPage(
  body: unknown,
  { group, version, kind }: ServedResource,
): { readonly objects: readonly ScannedObject[]; readonly next: string | undefined } | undefined {
  const page = Page.safeParse(body);
  if (!page.success) return undefined;
  const objects: ScannedObject[] = [];
  for (const item of page.data.items ?? []) {
    const metadata = parseMetadata(item);
    const named = Named.safeParse(item);
    if (metadata === undefined || !named.success) return undefined;
    const { name, namespace } = named.data.metadata;
    const id = objectId({ group, version, kind, name, ...(namespace === undefined ? {} : { namespace }) });
    objects.push({ id, metadata });
  }
  const { continue: next } = page.data.metadata;
  return { objects, next: next === "" ? undefined : next };
}
