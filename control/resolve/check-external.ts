/**
 * What connections to the outside may name, so that a Workload does not open what its environment keeps closed: what the
 * platform lists, else blocks that are not half the world; and never addresses that stand for no other machine.
 */
import { isWithinBlock, prefixLength } from "../../schemas/kubernetes/addresses.ts";
import { matchesHost } from "../../schemas/host-name.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import type { Lookup } from "../validate/lookup.ts";
import { type Cell, isOpen } from "./cell.ts";
import type { DataPlaneDocument } from "./gateways.ts";
import type { Link } from "./link.ts";
import { allowedBlocks, linkLocalBlocks } from "./link-local.ts";

type External = Extract<Link, { readonly kind: "external" }>["to"];
type Fault = Pick<Problem, "message" | "remedy" | "related">;

export function checkExternal(links: readonly Link[], cell: Cell, binding: Binding): readonly Problem[] {
  return links.flatMap((link): readonly Problem[] => {
    if (link.kind !== "external") return [];
    const fault = checkSpecial(link.to, cell) ?? (isOpen(cell, "egress") ? undefined : checkClosed(link.to, cell));
    if (fault === undefined) return [];
    const place = placeOf(link.to.value.origin, binding.place.file);
    return [{ code: "forbidden-target", severity: "error", place, ...fault }];
  });
}

/** Blocks that are no target, and what they are (IANA, "Special-Purpose Address Registries"). */
const special: readonly (readonly [block: string, what: string])[] = [
  ...linkLocalBlocks.map((block) => [block, "link-local, where clouds hand out what the node may do"] as const),
  ["127.0.0.0/8", "the pod itself"],
  ["::1/128", "the pod itself"],
  ["224.0.0.0/4", "multicast"],
  ["ff00::/8", "multicast"],
  ["0.0.0.0/8", "no address of anybody"],
  ["::/128", "no address of anybody"],
];

function checkSpecial({ kind, value }: External, cell: Cell): Fault | undefined {
  if (kind === "host") return undefined;
  const target = String(scalarOf(value));
  const [block = "", what] = special.find(([one]) => isWithinBlock(target, one)) ?? [];
  const isNamed = (allowedBlocks(cell) ?? []).some((one) => isWithinBlock(one, block) && isWithinBlock(target, one));
  if (what === undefined || isNamed) return undefined;
  return {
    message: `${target} is ${what}, which no connection opens`,
    remedy: "remove it, or have the DataPlane or Environment name it in cell.network.allowedEgress.cidrs",
  };
}

/** How many bits all addresses of a block share at least, where nobody says which blocks there are. */
const leastShared = { ipv4: 8, ipv6: 32 };

function checkClosed(to: External, cell: Cell): Fault | undefined {
  const target = String(scalarOf(to.value));
  const allowed = at(cell.settings, "network", "allowedEgress");
  if (allowed?.kind === "map") return isListed(to, cell, allowed) ? undefined : unlisted(target, cell, allowed);
  const least = target.includes(":") ? leastShared.ipv6 : leastShared.ipv4;
  if (to.kind === "host" || prefixLength(target) >= least) return undefined;
  return {
    message: `${target} is wider than /${least} and would open what ${cell.environment} keeps closed`,
    remedy:
      "name smaller blocks, or have the DataPlane or Environment name it in cell.network.allowedEgress.cidrs or open egress",
  };
}

function isListed({ kind, value }: External, cell: Cell, allowed: Traced): boolean {
  const target = String(scalarOf(value));
  if (kind === "cidr") return (allowedBlocks(cell) ?? []).some((block) => isWithinBlock(target, block));
  return itemsOf(at(allowed, "hosts")).some((pattern) => matchesHost(target, String(scalarOf(pattern))));
}

function unlisted(target: string, cell: Cell, allowed: Traced): Fault {
  const place = allowed.origin.kind === "field" ? placeOf(allowed.origin, allowed.origin.file) : undefined;
  return {
    message: `${target} is not among what connections in ${cell.environment} may name`,
    remedy: "name what is, or have it added to allowedEgress",
    ...(place && relatedTo([{ place, message: "what may be named stands here" }])),
  };
}

/** Where the platform lists what may be named, opening egress is its word too. */
export function checkOpened(
  cell: Cell,
  { plane, binding, index }: { readonly plane: DataPlaneDocument; readonly binding: Binding; readonly index: Lookup },
): readonly Problem[] {
  if (!isOpen(cell, "egress") || allowedBlocks(cell) === undefined) return [];
  const environment = index.find("Environment", cell.organization, cell.environment);
  const said = [environment, plane].map((one) => scalarOf(at(one?.tree, "spec", "cell", "network", "egress")));
  if (said.find((word) => typeof word === "string") === "Open") return [];
  const word = at(cell.settings, "network", "egress");
  if (word === undefined) return [];
  return [
    {
      code: "unsupported-policy",
      severity: "error",
      message: `the platform lists what connections in ${cell.environment} may name, so project ${cell.project} may not open egress`,
      place: placeOf(word.origin, binding.place.file),
      remedy: "remove it and name what is reached in connections, or have the DataPlane or Environment open egress",
    },
  ];
}
