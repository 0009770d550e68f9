/** IP addresses, and blocks of them as policies take them. */
import { z } from "zod";

const Address = z.union([z.ipv4(), z.ipv6()]);

/** IPv4 in its own dress: an API server may refuse the others. */
export const IpAddress = z
  .string()
  .refine((text) => Address.safeParse(text).success && !isMapped(text), {
    error: "must be an IP address such as 10.1.0.7 or 2001:db8::7",
  })
  .meta({ anyOf: [z.regexes.ipv4, z.regexes.ipv6].map(({ source }) => ({ pattern: source })) });

const Block = z.union([z.cidrv4(), z.cidrv6()]);

/** A block of addresses in CIDR notation (RFC 4632, RFC 4291), IPv4 in its own dress, nothing set that the mask hides: an API server may refuse the others. */
export const CidrBlock = z
  .string()
  .refine((text) => Block.safeParse(text).success && !isMapped(text) && isMasked(text), {
    error: "must be a block of addresses such as 10.1.0.0/16 or 192.0.2.7/32, starting at its first address",
  })
  .meta({ anyOf: [z.regexes.cidrv4, z.regexes.cidrv6].map(({ source }) => ({ pattern: source })) });

/** ::ffff:0:0/96, which engines read as IPv4 or as nothing. */
export function isMapped(block: string): boolean {
  const [address = ""] = block.split("/");
  const url = `http://[${address}]`;
  return URL.canParse(url) && /^\[::ffff:[0-9a-f]+:[0-9a-f]+\]$/.test(new URL(url).hostname);
}

/** The one address of a block that holds no other. */
export function onlyAddressOf(block: string): string | undefined {
  const [address = "", length = ""] = block.split("/");
  return Number(length) === (address.includes(":") ? 128 : 32) ? address : undefined;
}

/** Whether every address of one block is in the other too. */
export function isWithinBlock(block: string, outer: string): boolean {
  if (block.includes(":") !== outer.includes(":")) return false;
  return prefixOf(block).startsWith(prefixOf(outer));
}

/** How many bits all addresses of a block share. */
export function prefixLength(block: string): number {
  return Number(block.split("/")[1]);
}

function prefixOf(block: string): string {
  return bitsOfAddress(block).slice(0, prefixLength(block));
}

function isMasked(block: string): boolean {
  return !bitsOfAddress(block).slice(prefixLength(block)).includes("1");
}

function bitsOfAddress(block: string): string {
  const [address = ""] = block.split("/");
  return address.includes(":") ? bitsOfIpv6(address) : bitsOf(address.split(".").map(Number), 8);
}

function bitsOfIpv6(address: string): string {
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = written.split("::");
  const groups = [head, tail ?? ""].map((part) => part.split(":").filter((group) => group !== ""));
  const [before = [], after = []] = groups;
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return bitsOf(
    [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16)),
    16,
  );
}

function bitsOf(numbers: readonly number[], width: number): string {
  return numbers.map((number) => number.toString(2).padStart(width, "0")).join("");
}
