/**
 * Names that the engine gives, and the rules that given names must keep. Pure functions of identity, so that a connection
 * resolves from names alone. The hash runs over length-prefixed parts: joining with a dash, as upstream does, lets
 * (acme, pay-api) and (acme-pay, api) share one namespace.
 */
import { hash } from "node:crypto";

/** RFC 1123 label, which Kubernetes asks of namespaces and Services; no dots, because these names go into labels. */
export const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
export const dnsLabelLimit = 63;

export function isDnsLabel(name: string): boolean {
  return dnsLabel.test(name);
}

/** The first `digits` hexadecimal digits of SHA-256 over the parts, each prefixed with its length in UTF-8 bytes. */
export function hashParts(parts: readonly string[], digits: number): string {
  const prefixed = parts.map((part) => `${Buffer.byteLength(part)}:${part}`);
  return hash("sha256", prefixed.join("")).slice(0, digits);
}

export type CellParts = { readonly organization: string; readonly project: string; readonly environment: string };

/** `dp-<org>-<project>-<environment>-<hash8>`, at most 63 characters: the readable middle is cut, never the hash. */
export function cellNamespace({ organization, project, environment }: CellParts): string {
  const parts = [organization, project, environment];
  const digits = hashParts(parts, 8);
  const room = dnsLabelLimit - "dp-".length - "-".length - digits.length;
  return `dp-${shorten(parts, room)}-${digits}`;
}

/** Whether a namespace may be one that a Cell's name gives. */
export function looksLikeCell(namespace: string): boolean {
  return /^dp-.+-[0-9a-f]{8}$/.test(namespace);
}

/** How much of a part is never cut: a third of what a namespace has room for. */
const neverCut = 16;

/** Whether a namespace may be a Cell's of the organization, by what can be read in it. */
export function mayBeCellOf(organization: string, namespace: string): boolean {
  return looksLikeCell(namespace) && namespace.startsWith(cellStart(organization));
}

/** What the namespace of every cell of the organization matches, with `*` for any characters. Others' may match it too. */
export function cellPattern(organization: string): string {
  return `${cellStart(organization)}${organization.length > neverCut ? "" : "-"}*`;
}

function cellStart(organization: string): string {
  return `dp-${organization.slice(0, neverCut).replace(/-+$/, "")}`;
}

/** Where the gateways that a plane brings stand. */
export const gatewayNamespace = "openchoreo-data-plane";

/** Cuts the longest part first, so that a short one stays whole; dashes at a cut are dropped. */
function shorten(parts: readonly string[], room: number): string {
  const lengths = parts.map((part) => part.length);
  const separators = parts.length - 1;
  while (lengths.reduce((sum, length) => sum + length, separators) > room) {
    const longest = lengths.indexOf(Math.max(...lengths));
    lengths[longest] = (lengths[longest] ?? 0) - 1;
  }
  return parts.map((part, index) => part.slice(0, lengths[index]).replace(/-+$/, "")).join("-");
}

/** `<component>-<environment>`, the name of a Binding that the engine makes; one too long is cut, and a hash of both ends it. */
export function bindingName(component: string, environment: string): string {
  const name = `${component}-${environment}`;
  if (name.length <= dnsLabelLimit) return name;
  const digits = hashParts([component, environment], 8);
  return `${shorten([component, environment], dnsLabelLimit - 1 - digits.length)}-${digits}`;
}

/** `<prefix>-<organization>-<hash8>`, a DNS label: of what a plane holds for an organization that uses its gateways. */
export function guestName(prefix: string, organization: string): string {
  const digits = hashParts([organization], 8);
  const room = dnsLabelLimit - prefix.length - "--".length - digits.length;
  return `${prefix}-${shorten([organization], room)}-${digits}`;
}

type ComponentParts = CellParts & { readonly component: string };

/** `from-<project>-<component>-to-<component>-<port>-<hash8>`: the policy at a target that lets a caller in. */
export function callerPolicyName(caller: ComponentParts, target: ComponentParts, port: string): string {
  const { organization, environment } = caller;
  const parts = [caller.project, caller.component, "to", target.component, port];
  const whole = [organization, environment, caller.project, caller.component, target.project, target.component, port];
  const digits = hashParts(whole, 8);
  const room = dnsLabelLimit - "from-".length - "-".length - digits.length;
  return `from-${shorten(parts, room)}-${digits}`;
}

/** `cell-<hash8>`, what bounds a whole cell; with the hash, because components are named by people. */
export function cellObjectName({ organization, project, environment }: CellParts): string {
  return `cell-${hashParts([organization, project, environment], 8)}`;
}

/** `<component>-<api>-<level>-<hash8>`, a route of an API and what guards it; `domains` is for the one at its own hosts. */
export function apiRouteName({ component, api, level, at }: ApiRouteParts): string {
  const suffix = at === "domains" ? "-domains" : "";
  return `${component}-${api}-${level.toLowerCase()}${suffix}-${hashParts([component, api, level], 8)}`;
}

type ApiRouteParts = {
  readonly component: string;
  readonly api: string;
  readonly level: "Organization" | "Public";
  readonly at: "own" | "domains";
};

/** `<component>.<part>`, what belongs to a component beside its main objects: names of people have no dots. */
export function partName(component: string, ...parts: readonly string[]): string {
  return [component, ...parts].join(".");
}

/** As the names above end, which stand beside objects that are called like their component alone. */
export const reservedComponentName = /^(cell|from-.+|.+-(organization|public)(-domains)?)-[0-9a-f]{8}$/;

export type ApiHostParts = { readonly label: string; readonly virtualHost: string };

/** Host of an environment's APIs: `<dnsPrefix or environment>.<virtualHost>`. */
export function apiHost({ label, virtualHost }: ApiHostParts): string {
  return `${label}.${virtualHost}`;
}

function pathParts(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/** Without empty or dot parts. */
export function normalPath(path: string): string {
  return `/${pathParts(path).join("/")}`;
}

/** Path of an API below its environment's host: `/<org>/<project>/<component>/<basePath>`, without empty or dot parts. */
export function apiPath(owner: { organization: string; project: string; component: string }, basePath: string): string {
  return `/${[owner.organization, owner.project, owner.component, ...pathParts(basePath)].join("/")}`;
}

/** Host of a web application: `<component>-<project>-<org>.<dnsPrefix or environment>.<virtualHost>`. */
export function webApplicationHost(
  owner: { organization: string; project: string; component: string },
  host: ApiHostParts,
): string {
  return `${owner.component}-${owner.project}-${owner.organization}.${apiHost(host)}`;
}

/**
 * Host of an endpoint that shares none, because gRPC and TLS know no path below a host:
 * `<endpoint>-<component>-<project>-<org>.<dnsPrefix or environment>.<virtualHost>`.
 */
export function endpointHostName(
  endpoint: string,
  owner: { organization: string; project: string; component: string },
  host: ApiHostParts,
): string {
  return `${endpoint}-${webApplicationHost(owner, host)}`;
}

/** Host by which one component reaches another: the Service in the target's cell. */
export function connectionHost(component: string, namespace: string): string {
  return `${component}.${namespace}.svc`;
}
