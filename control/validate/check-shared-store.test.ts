/** A store of secrets that two organizations of one cluster name. */
import { expect, test } from "vitest";
import { doc, renderTexts } from "../specs-fixture.contract.ts";

const organizations = ["owner", "one", "two"];
const planeOf = (organization: string, spec: string): string =>
  doc("DataPlane", "main", spec).replace("metadata:\n", `metadata:\n  namespace: ${organization}\n`);
const store = (name: string | undefined): string => (name === undefined ? "" : `\n  secretStoreRef: {name: ${name}}`);
const shared = "  gateway: {sharedFrom: {organization: owner, name: main}}";

type Row = {
  readonly what: string;
  /** By organization, in the order in which the owner names the others. */
  readonly stores: readonly (string | undefined)[];
  readonly gateway?: string;
  /** The organization that is told, and whose it is. */
  readonly yields?: readonly [told: string, whose: string];
};

test("organizations that call their clusters alike are both told", async () => {
  const spec = (cluster: string): string => `  kubernetesCluster: {name: ${cluster}}${store("vault")}`;
  const { problems } = await renderTexts(
    ...organizations.map(
      (name) => `apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata: {name: ${name}}\n`,
    ),
    planeOf("one", spec("east")),
    planeOf("two", spec("east")),
    planeOf("owner", spec("west")),
  );
  const is = (whose: string): string =>
    `warning unsupported-secret ClusterSecretStore vault of cluster east is organization ${whose}'s too: what is cluster-wide belongs to one plane, and each would read what the other keeps there`;
  expect(problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`)).toEqual([
    is("two"),
    is("one"),
  ]);
});

test.for<Row>([
  { what: "each its own", stores: ["a", "b", "c"] },
  { what: "nobody any", stores: [undefined, undefined, undefined] },
  { what: "a guest the owner's", stores: ["a", "b", "a"], yields: ["two", "owner"] },
  { what: "a guest that of one before it", stores: ["a", "b", "b"], yields: ["two", "one"] },
  { what: "the same in clusters of their own", stores: ["a", "a", "a"], gateway: "  gateway: {}" },
])("$what", async ({ stores, gateway = shared, yields }) => {
  const documents = [
    ...organizations.map(
      (name) => `apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata: {name: ${name}}\n`,
    ),
    ...organizations.map((organization, index) => {
      const manage = "  gateway: {manage: {external: {http: {}}, sharedWith: [one, two]}}";
      return planeOf(organization, `${organization === "owner" ? manage : gateway}${store(stores[index])}`);
    }),
  ];
  const { problems } = await renderTexts(...documents);
  const lines = documents.join("---\n").split("\n");
  /** The organization of the plane around a line. */
  const at = (line: number | undefined): string | undefined =>
    lines
      .slice(0, line)
      .findLast((text) => text.startsWith("  namespace: "))
      ?.slice("  namespace: ".length);
  const told = problems.filter(({ code }) => code === "unsupported-secret");
  expect(
    told.map(({ severity, message, place, related = [] }) => [
      severity,
      message.split(":")[0],
      at(place.line),
      at(related[0]?.place.line),
    ]),
  ).toEqual(
    yields === undefined
      ? []
      : [["warning", `ClusterSecretStore ${stores[2]} of the same cluster is organization ${yields[1]}'s`, ...yields]],
  );
});
