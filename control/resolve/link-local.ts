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

/** Where name servers listen unless the plane says otherwise. */
export const usualDnsPort = 53;

export type ClosedBlock = {
  readonly cidr: string;
  readonly except: readonly string[];
  /** What listens there for everybody, in ascending order. */
  readonly openPorts: readonly number[];
};

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

/** What of them no cell reaches. Where the plane says that name servers are, it is all but their ports. */
export function closedLinkLocal(cell: Pick<Cell, "settings" | "nameServers">): readonly ClosedBlock[] {
  const open = openLinkLocal(cell);
  const servers = [...namePorts(cell)].filter(([block]) => !isIn(block, open));
  const parted = [...open, ...servers.map(([block]) => block)];
  return [
    ...linkLocalBlocks
      .filter((block) => !isIn(block, parted))
      .map((cidr) => ({ cidr, except: parted.filter((one) => isWithinBlock(one, cidr)), openPorts: [] })),
    ...servers.map(([cidr, openPorts]) => ({ cidr, except: [], openPorts })),
  ];
}

/** Ports of name servers by their blocks of link-local addresses. */
function namePorts({ nameServers }: Pick<Cell, "nameServers">): ReadonlyMap<string, readonly number[]> {
  const servers = itemsOf(nameServers).flatMap((server) => {
    const block = String(scalarOf(at(server, "cidr")) ?? "");
    return linkLocalIn(block) === undefined
      ? []
      : [{ block, port: Number(scalarOf(at(server, "port")) ?? usualDnsPort) }];
  });
  const byBlock = Map.groupBy(servers, ({ block }) => block);
  return new Map(
    [...byBlock].map(([block, same]) => [block, [...new Set(same.map(({ port }) => port))].toSorted((a, b) => a - b)]),
  );
}

function isIn(block: string, others: readonly string[]): boolean {
  return others.some((one) => isWithinBlock(block, one));
}

/** What of a block stays closed to who may reach all else of it. */
export function linkLocalWithin(block: string): readonly string[] {
  return linkLocalBlocks.filter((one) => isWithinBlock(one, block) && !isWithinBlock(block, one));
}

function linkLocalIn(block: string): string | undefined {
  return block === "" ? undefined : linkLocalBlocks.find((one) => isWithinBlock(block, one));
}
