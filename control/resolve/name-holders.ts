/**
 * Whose a host name is at gateways that organizations share. The plane that brings them says it, so nobody gains a name by
 * asking first: what is at or below a virtual host or a domain of its organization is that organization's, save what
 * `guestDomains` gives to others. Of names that cover one the longest decides; those who have that one alike, such as two
 * guests that were given it, are put in order as for all else that two ask for. Both gateways count for each: whoever points
 * DNS at them from routes knows nothing of sides.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import type { Lookup } from "../validate/lookup.ts";
import { gatewaySides } from "../render/gateway-sides.ts";
import { guestsOf, sharersOf } from "./gateway-sharers.ts";
import type { DataPlaneDocument } from "./gateways.ts";

export type NameHolder = {
  readonly organization: string;
  /** A host name with all that is below it or, with `*.` in front, what is below it alone. */
  readonly name: string;
  /** What says so. */
  readonly document: DataPlaneDocument;
  readonly path: readonly (string | number)[];
};

/** Who asks: the organization, and whose names it may use beside its own. */
export type Asker = readonly string[];

/** None where nobody shares the gateways. */
export function nameHolders(owner: DataPlaneDocument, index: Pick<Lookup, "besides">): readonly NameHolder[] {
  const guests = guestsOf(owner);
  if (guests.length === 0) return [];
  const organization = organizationOf(owner.resource);
  const { manage } = owner.resource.spec.gateway ?? {};
  const own = [owner, ...sharersOf(owner, organization, index)].flatMap(virtualHostsOf);
  const listed = Object.values(gatewaySides).flatMap(({ field }): readonly NameHolder[] => {
    const { domains = [], guestDomains = {} } = manage?.[field] ?? {};
    const path = ["spec", "gateway", "manage", field];
    return [
      ...domains.map((name, position) => ({
        organization,
        name,
        document: owner,
        path: [...path, "domains", position],
      })),
      ...guests
        .filter((guest) => guest !== organization && Object.hasOwn(guestDomains, guest))
        .flatMap((guest) =>
          (guestDomains[guest] ?? []).map((name, position) => ({
            organization: guest,
            name,
            document: owner,
            path: [...path, "guestDomains", guest, position],
          })),
        ),
    ];
  });
  return [...own, ...listed];
}

/** Of a name as of what is below it, so that to be given all below it is to have it beside the owner. */
function virtualHostsOf(document: DataPlaneDocument): readonly NameHolder[] {
  const organization = organizationOf(document.resource);
  return Object.values(gatewaySides).flatMap(({ virtualHost: field }) => {
    const host = document.resource.spec.gateway?.[field];
    const names = host === undefined ? [] : [host, `*.${host}`];
    return names.map((name) => ({ organization, name, document, path: ["spec", "gateway", field] }));
  });
}

/** Who else has a name, which may have `*.` in front; undefined where the asker has it, or nobody. */
export function foreignHolder(name: string, asker: Asker, holders: readonly NameHolder[]): NameHolder | undefined {
  const covering = holders.filter((holder) => covers(holder.name, name));
  const closest = Math.max(...covering.map((holder) => closeness(holder.name)));
  const deciding = covering.filter((holder) => closeness(holder.name) === closest);
  return deciding.some(({ organization }) => asker.includes(organization)) ? undefined : deciding[0];
}

/** Who else has a name below a host: whose cookies that host could set, and what a certificate for all below it would be for. */
export function foreignBelow(host: string, asker: Asker, holders: readonly NameHolder[]): NameHolder | undefined {
  return holders.find(
    ({ name }) => name !== host && covers(host, name) && foreignHolder(name, asker, holders) !== undefined,
  );
}

function covers(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  return inner.endsWith(outer.startsWith("*.") ? outer.slice(1) : `.${outer}`);
}

/** Longer is closer; of two as long, the one that is no pattern. */
function closeness(name: string): number {
  return 2 * name.split(".").length - (name.startsWith("*.") ? 1 : 0);
}
