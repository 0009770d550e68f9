/**
 * Each document in its place or out of it. The tenant to think of owns one folder and writes whatever it likes there: nothing
 * of it may reach another organization. Its documents of another organization are left out of everything, so they neither
 * shadow nor duplicate; like what cannot be read there, they hold back only what may stand there: they may be its own, and
 * the organization a slip. Every decision about an organization is a function of the files that may speak of it.
 *
 * The mistake may also be gitplane.yaml's, which took the place from a document that is right, and a mistake deletes nothing
 * (invariant 3). From the specs alone that differs from an attack by whose word the file is:
 * - in a folder that may hold the organization, but not the kind: it is that organization's own word. It is of no use, and
 *   what it names stays as it is.
 * - in no folder of gitplane.yaml, such as one whose entry was removed: it is the word of the platform team, to whom all that
 *   is not given away belongs. What it names of its organization stays.
 * - in the folder of others, while no folder at all may hold the organization: nobody has a say in its Releases, and what it
 *   names stays. There is no tenant to be attacked.
 * - in the folder of others, while the organization has one: the word of others. It keeps nothing of the organization. To give
 *   a folder with documents in it to somebody else is therefore to remove them, and each has a Problem that says so; a
 *   misspelt organization is not somebody else, and stops publishing (check-places.ts).
 *
 * A document that stands in its place and cannot be used beside others (of one identity, without an owner) says whose it is,
 * and holds back that organization only, even from a folder for all: a tenant can make it useless by what it writes or
 * leaves out elsewhere. Unless no such organization is known: then its name may be a slip, and it holds back all that its
 * folder may hold. Known are those that gitplane.yaml names, and those declared where no tenant writes.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import { type Allowance, allowanceKey, allowsKind, allowsOrganization, everything } from "./allowance.ts";
import type { SpecsFile } from "./load.ts";
import type { ParsedFile, SpecDocument } from "./parse.ts";
import { misplacedProblem } from "./misplaced-problem.ts";
import type { PlaceRule, PlaceRules } from "./places.ts";
import { type Spoiled, spoiledDocument } from "./spoils.ts";

export type FileInTree = {
  readonly file: SpecsFile;
  readonly parsed: ParsedFile;
  /** Undefined where everything may stand everywhere. */
  readonly rules: PlaceRules | undefined;
};

export type PlacedFile = {
  readonly documents: readonly SpecDocument[];
  readonly problems: readonly Problem[];
  readonly spoiled: readonly Spoiled[];
};

/** `known` are the organizations that exist, whatever any tenant writes. */
export function placeDocuments({ file, parsed, rules }: FileInTree, known: ReadonlySet<string>): PlacedFile {
  const spoiled = parsed.spoiled.flatMap((text) =>
    mayHaveHeld(file, rules).map((holds): Spoiled => ({ file: file.shown, ...text, holds })),
  );
  if (rules === undefined) return { ...parsed, spoiled };
  const rule = ruleOf(rules, file.path);
  const isPlaced = ({ resource }: SpecDocument): boolean =>
    rule !== undefined &&
    allowsOrganization(rule.allowed, organizationOf(resource)) &&
    allowsKind(rule.allowed, resource.kind);
  const misplaced = parsed.documents.filter((document) => !isPlaced(document));
  return {
    documents: parsed.documents
      .filter(isPlaced)
      .map((document) => hold(document, holdsOf(document, rule?.allowed ?? everything, known))),
    problems: [...parsed.problems, ...misplaced.map((document) => misplacedProblem(document, rule, rules))],
    spoiled: [...spoiled, ...misplaced.flatMap((document) => spoilMisplaced(document, rule, rules))],
  };
}

/** The rule of the longest folder that covers the path, name by name. */
export function ruleOf(rules: PlaceRules, path: string): PlaceRule | undefined {
  for (let folder = path; folder !== ""; folder = folder.slice(0, Math.max(folder.lastIndexOf("/"), 0))) {
    const rule = rules.get(folder);
    if (rule !== undefined) return rule;
  }
  return rules.get("");
}

/** What may have stood in the file; a link may stand where a folder with places of its own stood. */
function mayHaveHeld({ path, kind }: SpecsFile, rules: PlaceRules | undefined): readonly Allowance[] {
  const own = rules === undefined ? undefined : ruleOf(rules, path);
  if (rules === undefined || own === undefined) return [everything];
  const below = kind === "blob" ? [] : [...rules.values()].filter(({ folder }) => folder.startsWith(`${path}/`));
  return [own, ...below].map(({ allowed }) => allowed);
}

/** Placed documents by the parsed ones: the same again while it stands in the same place, so that what was made of it holds. */
const placedDocuments = new WeakMap<SpecDocument, SpecDocument>();

function hold(document: SpecDocument, holds: Allowance): SpecDocument {
  const before = placedDocuments.get(document);
  if (before !== undefined && allowanceKey(before.holds) === allowanceKey(holds)) return before;
  const placed = { ...document, holds };
  placedDocuments.set(document, placed);
  return placed;
}

function holdsOf({ resource }: SpecDocument, allowed: Allowance, known: ReadonlySet<string>): Allowance {
  const organization = organizationOf(resource);
  return known.has(organization) ? only(organization) : allowed;
}

function only(organization: string): Allowance {
  return { organizations: new Set([organization]), kinds: "all" };
}

function spoilMisplaced(document: SpecDocument, rule: PlaceRule | undefined, rules: PlaceRules): readonly Spoiled[] {
  const organization = organizationOf(document.resource);
  const homes = [...rules.values()].filter(({ allowed }) => allowsOrganization(allowed, organization));
  const isOwnWord = rule === undefined || homes.includes(rule) || homes.length === 0;
  const own = isOwnWord ? [only(organization)] : [];
  return [...own, ...(rule === undefined ? [] : [rule.allowed])].map((holds) =>
    spoiledDocument({ ...document, holds }),
  );
}
