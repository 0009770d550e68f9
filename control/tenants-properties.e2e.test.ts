/** What holds of any two organizations in one repository, whether or not they share gateways: nothing of one is the other's. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { labelKeys } from "../schemas/labels.ts";
import { planeKey } from "../schemas/layout.ts";
import { gatewayNamespace } from "../schemas/names.ts";
import { type GeneratedTenant, type GeneratedTenants, tenants } from "./platform-arbitrary.contract.ts";
import { mutate, mutation } from "./specs-mutation.contract.ts";
import { renderFilesOf, treeOf } from "./specs-fixture.contract.ts";
import { objectsOf } from "./tenant-specs.contract.ts";

const numRuns = 60;
const options = { timeout: 300_000 };

type Files = ReadonlyMap<string, string>;

function filesOf({ files, owner, guest }: GeneratedTenants): Files {
  return new Map([...files, ...owner.folder, ...guest.folder]);
}

type Metadata = {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** What is rendered for an organization's planes, with the namespaces that it is in or makes. */
function placedOf(bodies: ReturnType<typeof objectsOf>, organization: string) {
  const own = bodies.filter((body) => body.organization === organization);
  const objects = own.map(({ id, object }) => {
    const { metadata } = object as { readonly metadata: Metadata }; // rendered objects carry labels
    return { id, metadata, text: JSON.stringify(object) };
  });
  const namespaces = objects.map(({ id, metadata }) =>
    id.startsWith("Namespace/") ? metadata.name : metadata.namespace,
  );
  const clusterWide = objects.filter(({ metadata }) => metadata.namespace === undefined).map(({ id }) => id);
  return { objects, namespaces: new Set(namespaces.filter((name) => name !== undefined)), clusterWide };
}

test("nothing of one is in a namespace of the other, names one, or is labelled as the other's", options, async () => {
  await fc.assert(
    fc.asyncProperty(tenants, async (given) => {
      const rendered = await renderFilesOf(filesOf(given));
      expect(rendered.problems.filter(({ severity }) => severity === "error")).toEqual([]);
      const bodies = objectsOf(rendered);
      const { owner, guest } = given;
      for (const [own, other] of [[owner, guest] as const, [guest, owner] as const]) {
        const placed = placedOf(bodies, own.organization);
        const theirs = placedOf(bodies, other.organization);
        expect([...placed.namespaces].filter((name) => theirs.namespaces.has(name))).toEqual([]);
        expect(placed.clusterWide.filter((id) => theirs.clusterWide.includes(id))).toEqual([]);
        const foreign = [...theirs.namespaces].filter((name) => name !== gatewayNamespace);
        for (const { id, metadata, text } of placed.objects) {
          expect(metadata.labels[labelKeys.organization]).toBe(own.organization);
          expect({ id, names: foreign.filter((name) => text.includes(name)) }).toEqual({ id, names: [] });
        }
      }
    }),
    { numRuns },
  );
});

test(
  "a namespace is labelled for gateways exactly where its plane brings them, or both sides say that it uses them",
  options,
  async () => {
    const seen = { own: 0, shared: 0, none: 0 };
    await fc.assert(
      fc.asyncProperty(tenants, async (given) => {
        const { sharing, owner, guest } = given;
        const { releases } = await renderFilesOf(filesOf(given));
        const brought = planeKey({ kind: "data", organization: owner.organization, name: owner.plane });
        for (const { plane, release } of releases) {
          const isOf = ({ organization, plane: name }: GeneratedTenant): boolean =>
            plane.organization === organization && plane.name === name;
          const isOwn = isOf(owner) && sharing.kind !== "unmanaged";
          const isShared = isOf(guest) && sharing.kind === "agreed";
          for (const { object } of release.spec.resources) {
            if (object.kind !== "Namespace" || object.metadata.name === gatewayNamespace) continue;
            seen[isOwn ? "own" : isShared ? "shared" : "none"] += 1;
            expect(object.metadata.labels?.[labelKeys.gateways]).toBe(isOwn || isShared ? brought : undefined);
          }
        }
      }),
      { numRuns },
    );
    expect(Object.values(seen).every((times) => times > 0)).toBe(true);
  },
);

/** Of an organization's planes, by plane and path. */
function treeFor(tree: Files, organization: string): Files {
  return new Map([...tree].filter(([key]) => key.startsWith(`data.${organization}.`)));
}

/** Without what belongs to the guest at the gateways: its certificates, and their names at the listeners. */
function withoutGuest(tree: Files): Readonly<Record<string, string>> {
  const own = [...tree].filter(([key]) => !/\/platform\/gateways-/.test(key));
  const refs = / *- kind: Secret\n *name: gateway-(ex|in)ternal-tls(-\S+)?\n/g;
  return Object.fromEntries(
    own.map(([key, text]) => [key, key.endsWith("/gateways.yaml") ? text.replace(refs, "") : text]),
  );
}

test("whatever one writes in its folder, what is rendered for the other is the same", options, async () => {
  await fc.assert(
    fc.asyncProperty(tenants, async (given) => {
      const { owner, guest, files } = given;
      const before = treeOf(await renderFilesOf(filesOf(given)));
      const rewritten = (folder: Files): Promise<Files> =>
        renderFilesOf(new Map([...files, ...folder])).then((rendered) => treeOf(rendered));
      const byGuest = await rewritten(new Map([...owner.folder, ...guest.other]));
      expect(withoutGuest(treeFor(byGuest, owner.organization))).toEqual(
        withoutGuest(treeFor(before, owner.organization)),
      );
      const byOwner = await rewritten(new Map([...owner.other, ...guest.folder]));
      expect(Object.fromEntries(treeFor(byOwner, guest.organization))).toEqual(
        Object.fromEntries(treeFor(before, guest.organization)),
      );
    }),
    { numRuns },
  );
});

test("whatever slips one makes in its folder, what stands of the other stays as it is", options, async () => {
  let spoiled = 0;
  const slips = fc.array(mutation, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(tenants, slips, fc.boolean(), async (given, mutations, isGuests) => {
      const { owner, guest, files } = given;
      const [own, other] = isGuests ? [guest, owner] : [owner, guest];
      const before = treeOf(await renderFilesOf(filesOf(given)));
      const rendered = await renderFilesOf(new Map([...files, ...other.folder, ...mutate(own.folder, mutations)]));
      if (rendered.problems.some(({ severity }) => severity === "error")) spoiled += 1;
      expect(withoutGuest(treeFor(treeOf(rendered, before), other.organization))).toEqual(
        withoutGuest(treeFor(before, other.organization)),
      );
    }),
    { numRuns },
  );
  // Mutations that never hurt would prove nothing.
  expect(spoiled).toBeGreaterThan(numRuns / 3);
});
