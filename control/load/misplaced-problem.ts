/** The Problem of a document out of its place: what may stand there, the line that says so, and where the document may stand. */
import { organizationOf, type Resource } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import { type Allowance, allowsKind, allowsOrganization } from "./allowance.ts";
import type { SpecDocument } from "./parse.ts";
import type { PlaceRule, PlaceRules } from "./places.ts";
import { at } from "./traced.ts";
import { placeOf } from "./tree-reader.ts";

/** `rule` is undefined where no place covers the file. */
export function misplacedProblem(document: SpecDocument, rule: PlaceRule | undefined, rules: PlaceRules): Problem {
  const { resource, tree, place } = document;
  const organization = organizationOf(resource);
  const isOrganization = rule === undefined || !allowsOrganization(rule.allowed, organization);
  const naming = resource.kind === "Organization" ? "name" : "namespace";
  const field = isOrganization ? at(tree, "metadata", naming) : at(tree, "kind");
  const what = `${resource.kind} ${resource.metadata.name} of organization ${organization}`;
  const mend = isOrganization ? [`mend metadata.${naming}`] : [];
  const move = findHome(resource, rules).map((home) => `move it to ${shownFolder(home)}`);
  return {
    code: "misplaced-document",
    severity: "error",
    message:
      rule === undefined
        ? `${what} stands in no place that gitplane.yaml lists, so it is not used`
        : `${what} is not used: in ${shownFolder(rule)} may stand ${describe(rule.allowed)}`,
    place: field === undefined ? place : placeOf(field.origin, place.file),
    remedy: [...mend, ...move, "or have the platform team allow it in gitplane.yaml"].join(", "),
    ...(rule === undefined
      ? {}
      : { related: [{ place: rule.place, message: `${shownFolder(rule)} is for ${describe(rule.allowed)}` }] }),
  };
}

/** Where the resource may stand: where its own organization is named rather than where anything may stand. */
function findHome(resource: Resource, rules: PlaceRules): readonly PlaceRule[] {
  const homes = [...rules.values()].filter(
    ({ allowed }) => allowsOrganization(allowed, organizationOf(resource)) && allowsKind(allowed, resource.kind),
  );
  return [...homes.filter(({ allowed }) => allowed.organizations !== "all"), ...homes].slice(0, 1);
}

function shownFolder({ folder }: PlaceRule): string {
  return folder === "" ? "what no other place covers" : folder;
}

const listLimit = 8;

function describe({ organizations, kinds }: Allowance): string {
  const whose = organizations === "all" ? "any organization" : plural("organization", organizations);
  return `${kinds === "all" ? "any kind" : listed(kinds)} of ${whose}`;
}

function plural(word: string, names: ReadonlySet<string>): string {
  return `${names.size === 1 ? word : `${word}s`} ${listed(names)}`;
}

function listed(names: ReadonlySet<string>): string {
  const all = [...names];
  const more = all.length - listLimit;
  return [...all.slice(0, listLimit), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
