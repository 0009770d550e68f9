/** For property tests: valid platforms of one organization or two, as files, with what must come of them. */
import fc from "fast-check";
import { dump } from "js-yaml";
import { buildOrganization, type BuiltOrganization, type Document } from "./build-organization.contract.ts";
import { organization, type OrganizationModel } from "./organization-arbitrary.contract.ts";

export type GeneratedPlatform = {
  readonly files: ReadonlyMap<string, string>;
  /** Organization, plane and path of the Releases that must be rendered, without Cells, sorted. */
  readonly releases: readonly string[];
};

/** Whether the first plane of the first organization brings gateways, and whose first plane may use them and says that it does. */
const sharing = fc.record({
  kind: fc.constantFrom("unmanaged", "alone", "offered", "agreed", "agreed"),
  listeners: fc.constantFrom(
    { http: {} },
    { https: { issuer: { name: "ca" } } },
    { http: { port: 8080 }, https: { port: 8443, issuer: { name: "ca" } } },
  ),
  /** Whether the second organization has the virtual hosts of the first. */
  isBelow: fc.boolean(),
  /** Whether everything in the second is called as in the first. */
  isTwin: fc.boolean(),
});
export type Sharing = typeof sharing extends fc.Arbitrary<infer Each> ? Each : never;

const layout = fc.constantFrom("one", "each", "kinds");

export const platform: fc.Arbitrary<GeneratedPlatform> = fc
  .record({ owner: organization, guest: fc.option(organization, { freq: 1, nil: undefined }), sharing, layout })
  .map(({ owner, guest: given, sharing: how, layout: files }) => {
    const guest = given && beside(owner, given, how);
    const built = [buildOwner(owner, guest, how), ...(guest === undefined ? [] : [buildGuest(guest, owner, how)])];
    const documents = built.flatMap((each) => each.documents);
    return { files: filesOf(documents, files), releases: built.flatMap(({ releases }) => releases).toSorted() };
  });

/** Two organizations, each in a folder of its own, and what else each might write there. */
export type GeneratedTenants = {
  readonly sharing: Sharing;
  readonly owner: GeneratedTenant;
  readonly guest: GeneratedTenant;
  /** Beside the two folders: the organizations, and who may write where. */
  readonly files: ReadonlyMap<string, string>;
};

export type GeneratedTenant = {
  readonly organization: string;
  /** The plane that brings the gateways, or uses them. */
  readonly plane: string;
  readonly folder: ReadonlyMap<string, string>;
  readonly other: ReadonlyMap<string, string>;
};

export const tenants: fc.Arbitrary<GeneratedTenants> = fc
  .record({ owner: organization, guest: organization, others: fc.tuple(organization, organization), sharing, layout })
  .map(({ owner, guest: given, others: [otherOwner, otherGuest], sharing: how, layout: files }) => {
    const guest = beside(owner, given, how);
    // The plane that the other uses stays.
    const ownerNext = { ...otherOwner, name: owner.name, planes: owner.planes };
    const guestNext = { ...otherGuest, name: guest.name };
    const tenantOf = (
      model: OrganizationModel,
      built: BuiltOrganization,
      next: BuiltOrganization,
    ): GeneratedTenant => ({
      organization: model.name,
      plane: model.planes[0] ?? "",
      folder: folderOf(model.name, built, files),
      other: folderOf(model.name, next, files),
    });
    return {
      sharing: how,
      owner: tenantOf(owner, buildOwner(owner, guest, how), buildOwner(ownerNext, guest, how)),
      guest: tenantOf(guest, buildGuest(guest, owner, how), buildGuest(guestNext, owner, how)),
      files: platformFiles([owner.name, guest.name]),
    };
  });

/** The second organization, by another name than the first. */
function beside(owner: OrganizationModel, guest: OrganizationModel, { isTwin }: Sharing): OrganizationModel {
  const name = guest.name === owner.name ? `${guest.name}x` : guest.name;
  const { environments, planes, projects, components } = isTwin ? owner : guest;
  return { ...guest, name, environments, planes, projects, components };
}

function buildOwner(
  owner: OrganizationModel,
  guest: OrganizationModel | undefined,
  { kind, listeners }: Sharing,
): BuiltOrganization {
  const isOpen = guest !== undefined && (kind === "offered" || kind === "agreed");
  const names = { domains: [`*.${owner.name}.example.org`, `pay.${owner.name}.example.net`] };
  // One of the owner's pattern, and one that only the guest has.
  const given = isOpen ? [`${guest.name}.${owner.name}.example.org`, `*.${guest.name}.example.net`] : [];
  const guestDomains = isOpen ? { guestDomains: { [guest.name]: given } } : {};
  const manage = {
    external: { ...listeners, ...names, ...guestDomains },
    internal: listeners,
    ...(isOpen ? { sharedWith: [guest.name] } : {}),
  };
  return buildOrganization(owner, (plane) => ({
    ...hostsOf(plane, owner),
    ...(plane === owner.planes[0] && kind !== "unmanaged" ? { manage } : {}),
  }));
}

function buildGuest(guest: OrganizationModel, owner: OrganizationModel, { kind, isBelow }: Sharing): BuiltOrganization {
  const [brought = ""] = owner.planes;
  const sharedFrom = { organization: owner.name, name: brought };
  return buildOrganization(guest, (plane) =>
    plane === guest.planes[0] && kind === "agreed"
      ? { ...(isBelow ? hostsOf(brought, owner) : hostsOf(plane, guest)), sharedFrom }
      : hostsOf(plane, guest),
  );
}

function hostsOf(plane: string, { name }: OrganizationModel) {
  return { publicVirtualHost: `${plane}.${name}.example`, organizationVirtualHost: `${plane}.${name}.internal` };
}

function folderOf(name: string, { documents }: BuiltOrganization, how: Layout): ReadonlyMap<string, string> {
  const own = documents.filter(({ kind }) => kind !== "Organization");
  return new Map([...filesOf(own, how)].map(([path, text]) => [`${name}/${path}`, text]));
}

function platformFiles(names: readonly string[]): ReadonlyMap<string, string> {
  const header = { apiVersion: "openchoreo.dev/v1alpha1" };
  const everywhere = { path: "platform.yaml", organizations: ["*"], kinds: ["Organization"] };
  const places = [everywhere, ...names.map((name) => ({ path: name, organizations: [name], kinds: ["*"] }))];
  const organizations = names.map((name) => dump({ ...header, kind: "Organization", metadata: { name } }));
  return new Map([
    ["gitplane.yaml", dump({ ...header, kind: "Places", places })],
    ["platform.yaml", organizations.join("---\n")],
  ]);
}

type Layout = "one" | "each" | "kinds";

function filesOf(documents: readonly Document[], how: Layout): ReadonlyMap<string, string> {
  const groups = Map.groupBy(documents, ({ kind, metadata }) =>
    how === "one" ? "all" : how === "kinds" ? kind : `${kind}/${metadata.name}`,
  );
  const written = (document: Document): string =>
    dump({ apiVersion: "openchoreo.dev/v1alpha1", ...document }, { noRefs: true, lineWidth: -1 });
  return new Map([...groups].map(([path, group]) => [`${path}.yaml`, group.map(written).join("---\n")]));
}
