/**
 * The policies of one level of exposure: the class's defaults with the level's own laid over them, as upstream does it.
 * Objects merge field by field, lists and values are replaced whole. What is spoken decides which of the class's policies
 * they are.
 */
import { GrpcPolicy, RestPolicy, StreamPolicy } from "../../schemas/api-policy.ts";
import type { RoutedLevel, ServiceApis } from "../../schemas/service.ts";
import type { ApiClass } from "../resolve/api-classes.ts";
import { at, toPlain, type Traced, tracedMap } from "../load/traced.ts";

export type PolicyField = "restPolicy" | "grpcPolicy" | "streamPolicy";

/** Every kind of policy says a part of this. */
export type Policy = Omit<RestPolicy, "operations"> & {
  readonly operations?: RestPolicy["operations"] | GrpcPolicy["operations"];
};

export type EffectivePolicy = {
  /** Which of the class's policies it is. */
  readonly field: PolicyField;
  readonly policy: Policy;
  /** The same with what set each field. */
  readonly tree: Traced;
};

export type Guarded = { readonly level: RoutedLevel; readonly type: ServiceApis[string]["type"] };

const levelFields = { Organization: "organization", Public: "public" } as const;

const fields: Readonly<Record<ServiceApis[string]["type"], PolicyField>> = {
  REST: "restPolicy",
  HTTP: "restPolicy",
  GraphQL: "restPolicy",
  Websocket: "restPolicy",
  gRPC: "grpcPolicy",
  TCP: "streamPolicy",
  UDP: "streamPolicy",
  TLS: "streamPolicy",
};

const schemas = { restPolicy: RestPolicy, grpcPolicy: GrpcPolicy, streamPolicy: StreamPolicy } as const;

export function effectivePolicy(apiClass: ApiClass, { level, type }: Guarded): EffectivePolicy {
  const field = fields[type];
  const tree = levelTree(apiClass, field, level);
  const policy: Policy = schemas[field].parse(toPlain(tree));
  return { field, policy, tree };
}

/** Whether the class guards APIs of HTTP at the level, by whatever is said there. */
export function guardsHttp(apiClass: ApiClass, level: RoutedLevel): boolean {
  const tree = levelTree(apiClass, "restPolicy", level);
  return tree.kind === "map" && tree.entries.size > 0;
}

function levelTree(apiClass: ApiClass, field: PolicyField, level: RoutedLevel): Traced {
  const levels = at(apiClass.tree, "spec", field);
  const [defaults, own] = [at(levels, "defaults"), at(levels, levelFields[level])].map((one) =>
    isBlank(one) ? undefined : one,
  );
  const nothing = tracedMap({}, apiClass.tree.origin);
  return own === undefined ? (defaults ?? nothing) : layOver(defaults, own);
}

/** An empty key says nothing. */
export function isBlank(tree: Traced | undefined): boolean {
  return tree?.kind === "scalar" && tree.value === null;
}

/** No list of a policy has merge keys, so a list is a value. No guard may vanish for a line left blank. */
function layOver(base: Traced | undefined, own: Traced): Traced {
  if (base !== undefined && isBlank(own)) return base;
  if (base?.kind !== "map" || own.kind !== "map") return own;
  const entries = new Map(base.entries);
  for (const [key, value] of own.entries) entries.set(key, layOver(base.entries.get(key), value));
  return { ...own, entries };
}
