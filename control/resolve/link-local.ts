/**
 * Addresses that the own node or its neighbours answer: there clouds hand out what the node may do, to whoever asks (RFC 3927,
 * RFC 4291, the one of EC2 by IPv6, and the first as NAT64 writes them, RFC 6052). No cell reaches them by being open, nor by a wide block, nor by a host that says it
 * is there; only where the platform names them in `allowedEgress`.
 */
import { isWithinBlock } from "../../schemas/kubernetes/addresses.ts";
import { at, itemsOf, scalarOf } from "../load/traced.ts";
import type { Cell } from "./cell.ts";

export const linkLocalBlocks = ["169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "64:ff9b::a9fe:0/112"] as const;

/** Where pods of a node ask NodeLocal DNSCache (Kubernetes docs, "Using NodeLocal DNSCache in Kubernetes Clusters"). */
const nodeNameServer = "169.254.20.10/32";

export type AddressBlock = { readonly cidr: string; readonly except: readonly string[] };

/** What the platform lets connections of the cell name; undefined where it says nothing. */
export function allowedBlocks({ settings }: Pick<Cell, "settings">): readonly string[] | undefined {
  const allowed = at(settings, "network", "allowedEgress");
  return allowed?.kind === "map" ? itemsOf(at(allowed, "cidrs")).map((block) => String(scalarOf(block))) : undefined;
}

/** Blocks of link-local addresses that an open cell reaches. */
export function openLinkLocal(cell: Pick<Cell, "settings">): readonly string[] {
  const named = (allowedBlocks(cell) ?? []).filter((block) => linkLocalIn(block) !== undefined);
  return [...new Set([nodeNameServer, ...named])];
}

/** What of them no cell reaches but those blocks. */
export function closedLinkLocal(open: readonly string[]): readonly AddressBlock[] {
  return linkLocalBlocks
    .filter((block) => !open.some((one) => isWithinBlock(block, one)))
    .map((cidr) => ({ cidr, except: open.filter((one) => isWithinBlock(one, cidr)) }));
}

/** What of a block stays closed to who may reach all else of it. */
export function linkLocalWithin(block: string): readonly string[] {
  return linkLocalBlocks.filter((one) => isWithinBlock(one, block) && !isWithinBlock(block, one));
}

function linkLocalIn(block: string): string | undefined {
  return linkLocalBlocks.find((one) => isWithinBlock(block, one));
}
