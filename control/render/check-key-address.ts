/**
 * Where a gateway asks for the keys of tokens. It asks from within the cluster, whoever wrote the address, so that what is
 * closed to the author may be open to it: never link-local addresses, where clouds hand out what the node may do; and for a
 * guest of another organization's gateways only what anybody reaches on the web, by TLS, which whatever answers has to prove
 * itself with before it is sent a request. The platform's own addresses may be within its cluster, since there its issuer may
 * be. What a name comes to is not looked up: rendering has no network.
 */
import { isWithinBlock } from "../../schemas/kubernetes/addresses.ts";
import type { Gateways } from "../resolve/gateways.ts";
import { linkLocalBlocks } from "../resolve/link-local.ts";
import type { Policy } from "./effective-policy.ts";
import type { PolicyFault } from "./policy-fault.ts";

export function checkKeyAddress(
  { authentication }: Policy,
  { standing }: Pick<Gateways, "standing">,
): readonly PolicyFault[] {
  const jwks = authentication?.jwt?.jwks;
  if (jwks === undefined) return [];
  const { protocol, hostname } = new URL(jwks);
  const host = hostname.replace(/\.$/, "");
  const address = addressBlock(host);
  if (address !== undefined && isInside(address, linkLocal))
    return fault(`its keys are at ${host}, which is link-local, where clouds hand out what the node may do`);
  const isGuest = standing.rank > 0;
  if (!isGuest) return [];
  const from = `within the cluster of organization ${standing.plane.organization}`;
  if (protocol !== "https:") return fault(`its keys would be asked for without TLS, from ${from}`);
  const isOfWeb = address === undefined ? isWebName(host) : !isInside(address, inner);
  return isOfWeb ? [] : fault(`its keys are at ${host}, and would be asked for from ${from}`);
}

function fault(message: string): readonly PolicyFault[] {
  const remedy = "write the https address that the issuer has on the web";
  return [{ code: "unsupported-policy", path: ["authentication", "jwt", "jwks"], message, remedy }];
}

/** With IPv4 in the dress of IPv6 (RFC 4291). */
const linkLocal: readonly string[] = [...linkLocalBlocks, "::ffff:a9fe:0/112"];

/** What nobody has on the web: of hosts, of private networks, and what stands for IPv4 (IANA, "Special-Purpose Address Registries"). */
const inner: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "::/96",
  "::ffff:0:0/96",
  "64:ff9b::/96",
  "fc00::/7",
];

function isInside(address: string, blocks: readonly string[]): boolean {
  return blocks.some((block) => isWithinBlock(address, block));
}

/** Of a host as a URL has it, which writes every spelling of an address in one way (WHATWG URL); undefined for a name. */
function addressBlock(host: string): string | undefined {
  if (host.startsWith("[")) return `${host.slice(1, -1)}/128`;
  return /^[0-9.]+$/.test(host) ? `${host}/32` : undefined;
}

/** Ends that name nothing on the web (RFC 6761, RFC 6762, and `internal`, which ICANN keeps for private use). */
const innerEnds: ReadonlySet<string> = new Set(["internal", "local", "localhost", "svc"]);

/** Services are `<name>.<namespace>.svc.<domain>`, whatever the cluster's domain is; an end on the web has letters only. */
function isWebName(host: string): boolean {
  const labels = host.split(".");
  const end = labels.at(-1) ?? "";
  if (labels.length < 2 || innerEnds.has(end) || labels.slice(2).includes("svc")) return false;
  return /^([a-z]+|xn--[a-z0-9-]+)$/.test(end);
}
