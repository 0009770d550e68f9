/** What Envoy Gateway says of the objects that it was given. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import type { KubeClient } from "../clusters/kube-client.ts";
import { poll } from "../clusters/poll.ts";

const Condition = z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() });
type Condition = z.infer<typeof Condition>;
const Conditions = z.array(Condition);
const Part = z.object({ conditions: Conditions });
const Reported = z.object({
  status: z
    .object({
      conditions: Conditions.optional(),
      listeners: z.array(Part).optional(),
      parents: z.array(Part).optional(),
      ancestors: z.array(Part).optional(),
    })
    .optional(),
});
type Reported = z.infer<typeof Reported>;

const goodWhenTrue: ReadonlySet<string> = new Set(["Accepted", "Programmed", "ResolvedRefs", "SupportedVersion"]);
const judgedKinds = /^Gateway(Class)?$|(Route|Policy)$/;

/** Those of them that have conditions: gateways and their class, routes and policies. */
export function isJudged({ apiVersion, kind }: KubernetesObject): boolean {
  return /^gateway\.(envoyproxy|networking\.k8s)\.io\//.test(apiVersion) && judgedKinds.test(kind);
}

/** Why a route is taken by its gateway, or is not; undefined while there is no word yet. */
export async function acceptanceOf(route: KubernetesObject, client: KubeClient): Promise<string | undefined> {
  const { status } = Reported.parse(await client.get(await client.pathOf(route)));
  const conditions = (status?.parents ?? []).flatMap((parent) => parent.conditions);
  return conditions.find(({ type }) => type === "Accepted")?.reason;
}

/**
 * `Kind name: what is wrong` for each that is not accepted whole by its gateway; undefined while one of them has no word yet.
 */
async function complaintsOf(
  objects: readonly KubernetesObject[],
  client: KubeClient,
): Promise<readonly string[] | undefined> {
  const complaints: string[] = [];
  for (const object of objects) {
    const conditions = conditionsOf(Reported.parse(await client.get(await client.pathOf(object))));
    if (conditions.length === 0) return undefined;
    const bad = conditions.filter((condition) => isBad(condition) && !isWithoutAddress(object, condition));
    for (const { type, reason, message } of bad)
      complaints.push(`${object.kind} ${object.metadata.name}: ${type} ${reason}: ${message}`);
  }
  return complaints;
}

type Awaited = { readonly expected: readonly string[]; readonly timeoutMs: number; readonly signal: AbortSignal };

/** The complaints once they are what is expected, else those that were there at the end, for a test to compare. */
export async function settledComplaints(
  objects: readonly KubernetesObject[],
  client: KubeClient,
  { expected, timeoutMs, signal }: Awaited,
): Promise<readonly string[] | undefined> {
  let last: readonly string[] | undefined;
  const probe = async (): Promise<true | undefined> => {
    last = await complaintsOf(objects, client);
    return isDeepStrictEqual(last, expected) ? true : undefined;
  };
  await poll({ what: "the gateways' word on every object", timeoutMs, signal, probe }).catch(() => undefined);
  return last;
}

function conditionsOf({ status = {} }: Reported): readonly Condition[] {
  const { conditions = [], listeners = [], parents = [], ancestors = [] } = status;
  return [...conditions, ...[...listeners, ...parents, ...ancestors].flatMap((part) => part.conditions)];
}

function isBad({ type, status }: Condition): boolean {
  return status !== (goodWhenTrue.has(type) ? "True" : "False");
}

/** An Envoy that is a process of this machine has no Service, and so no address; its listeners are judged all the same. */
function isWithoutAddress({ kind }: KubernetesObject, { type, reason }: Condition): boolean {
  return kind === "Gateway" && type === "Programmed" && reason === "AddressNotAssigned";
}
