/** How the pods of a cell are secured, by what DataPlane, Environment and Project say of it, and who may loosen it. */
import { expect, test } from "vitest";
import { leafOrigins } from "../load/traced.ts";
import { doc, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

type Said = {
  readonly plane?: string;
  readonly environment?: string;
  readonly project?: string;
  /** By the Project, of the environment. */
  readonly here?: string;
};

const cell = (level: string | undefined): string => (level === undefined ? "{}" : `{podSecurity: ${level}}`);

async function render({ plane, environment, project, here }: Said, gateway = "{}", ...others: readonly string[]) {
  const platform = surroundings.map((text) => {
    if (text.includes("kind: DataPlane\n"))
      return doc("DataPlane", "eu", `  gateway: ${gateway}\n  cell: ${cell(plane)}`);
    if (text.includes("name: dev\n")) return `${text}  cell: ${cell(environment)}\n`;
    if (!text.includes("kind: Project\n")) return text;
    return `${text}  cell: ${cell(project)}\n  environments: {dev: ${cell(here)}}\n`;
  });
  return renderTexts(...platform, ...service("cart"), ...others);
}

const label = "pod-security.kubernetes.io/enforce";

type Row = Said & { readonly what: string; readonly yields: string };

const rows: readonly Row[] = [
  { what: "nobody says anything", yields: "baseline" },
  { what: "nobody says a value", plane: "null", here: "null", yields: "baseline" },
  { what: "only the DataPlane says privileged", plane: "privileged", yields: "privileged" },
  { what: "only the Environment says privileged", environment: "privileged", yields: "privileged" },
  { what: "only the Project says privileged", project: "privileged", here: "privileged", yields: "baseline" },
  { what: "the Project says privileged too", environment: "privileged", here: "privileged", yields: "privileged" },
  { what: "the Project is looser than the DataPlane", plane: "baseline", project: "privileged", yields: "baseline" },
  {
    what: "the Project is looser for the environment",
    environment: "restricted",
    here: "baseline",
    yields: "restricted",
  },
  {
    what: "the Project is stricter",
    plane: "privileged",
    environment: "baseline",
    project: "restricted",
    yields: "restricted",
  },
  {
    what: "the Environment is looser than the DataPlane",
    plane: "restricted",
    environment: "privileged",
    yields: "restricted",
  },
  { what: "the Project says another of the environment", project: "restricted", here: "baseline", yields: "baseline" },
  { what: "the Project says no value of the environment", project: "restricted", here: "null", yields: "restricted" },
];

test.for(rows)("$what: $yields", async ({ yields, ...said }) => {
  const { releases, problems } = await render(said);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const objects = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
  expect(objects.find(({ kind }) => kind === "Namespace")?.metadata.labels?.[label]).toBe(yields);
});

test.for<{ readonly said: Said; readonly level: string | undefined }>([
  { said: { project: "privileged" }, level: "baseline" },
  { said: { here: "privileged", environment: "restricted" }, level: "restricted" },
  { said: { here: "privileged", environment: "privileged" }, level: undefined },
  { said: { project: "privileged", here: "baseline" }, level: undefined },
])("tells the Project that says $said that pods are $level", async ({ said, level }) => {
  const { problems } = await render(said);
  const told = problems.filter(({ code }) => code === "unused-field");
  expect(told.map(({ code, severity, message }) => `${severity} ${code} ${message}`)).toEqual(
    level === undefined
      ? []
      : [`warning unused-field privileged is the platform's to say, so pods of shop in dev are ${level}`],
  );
});

test.for([
  { who: "the engine's rule", said: {}, origin: { kind: "rule", rule: "pod-security" } },
  {
    who: "the line that counts",
    said: { environment: "restricted", project: "baseline" },
    origin: { kind: "field", file: "specs.yaml", line: 20, column: 23 },
  },
])("the label leads to $who", async ({ said, origin }) => {
  const { releases } = await render(said);
  const manifests = releases.flatMap((release) => release.manifests);
  const namespace = manifests.find(({ object }) => object.kind === "Namespace");
  const origins = namespace && leafOrigins(namespace.tree);
  expect(origins?.get(`/metadata/labels/${label.replace("/", "~1")}`)).toEqual(origin);
});

const guest = "{sharedFrom: {organization: owner, name: main}}";
const owner = [
  "apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: owner\n",
  doc("DataPlane", "main", "  gateway: {manage: {external: {http: {}}, sharedWith: [default]}}").replace(
    "metadata:\n",
    "metadata:\n  namespace: owner\n",
  ),
];

test.for<{ readonly who: string; readonly said: Said; readonly gateway: string; readonly yields: readonly string[] }>([
  {
    who: "a guest's DataPlane",
    said: { plane: "privileged" },
    gateway: guest,
    yields: ["12 unsupported-policy pods of DataPlane eu may not be privileged: its cluster is organization owner's"],
  },
  {
    who: "a guest's Environment",
    said: { environment: "privileged" },
    gateway: guest,
    yields: ["20 unsupported-policy pods of DataPlane eu may not be privileged: its cluster is organization owner's"],
  },
  {
    who: "a guest that keeps to baseline",
    said: { plane: "baseline", here: "privileged" },
    gateway: guest,
    yields: [],
  },
  {
    who: "who shares gateways within the organization",
    said: { plane: "privileged" },
    gateway: "{sharedFrom: {organization: default, name: us}}",
    yields: [],
  },
])("$who in a cluster that is shared", async ({ said, gateway, yields }) => {
  const own = doc("DataPlane", "us", "  gateway: {manage: {external: {http: {}}, sharedWith: [default]}}");
  const { problems, releases } = await render(said, gateway, ...owner, own);
  const errors = problems.filter(({ severity }) => severity === "error");
  expect(errors.map(({ place, code, message }) => `${place.line} ${code} ${message}`)).toEqual(yields);
  expect(releases.some(({ path }) => path.startsWith("cells/"))).toBe(yields.length === 0);
});
