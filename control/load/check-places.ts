/**
 * What is wrong with gitplane.yaml beside the specs: folders where nothing stands, and organizations that nobody declares.
 * Such a name is most likely misspelt, which would make every document in that folder another tenant's, so it is an error.
 * Only a declaration that no tenant can take away counts as missing: a tenant whose folder may hold its Organization would
 * otherwise stop everybody's publishing by removing it.
 */
import type { Place, Problem } from "../../schemas/problem.ts";
import { allowsKind } from "./allowance.ts";
import { type FileInTree, ruleOf } from "./place-documents.ts";
import type { PlaceRule, PlaceRules } from "./places.ts";

/** Names of the Organizations that stand where documents of any organization may, or where no place is: no tenant's files. */
export function declaredOrganizations(files: readonly FileInTree[]): ReadonlySet<string> {
  return new Set(
    files
      .filter(isPlatformFile)
      .flatMap(({ parsed }) => parsed.documents)
      .flatMap(({ resource }) => (resource.kind === "Organization" ? [resource.metadata.name] : [])),
  );
}

/** The organizations that the rules name. */
export function namedOrganizations(rules: PlaceRules): readonly string[] {
  return [...rules.values()].flatMap(namedIn);
}

function namedIn({ allowed: { organizations } }: PlaceRule): readonly string[] {
  return organizations === "all" ? [] : [...organizations];
}

/** Each look for a missing one reads every text that cannot be used. */
const problemLimit = 100;

/** What is wrong with the rules of a tree beside its files (`own`) and those of all trees, in the order of the rules. */
export function checkPlaces(
  rules: PlaceRules,
  own: readonly FileInTree[],
  all: readonly FileInTree[],
): readonly Problem[] {
  const used = new Set(own.map(({ file }) => ruleOf(rules, file.path)));
  const unused = [...rules.values()].filter((rule) => !used.has(rule));
  return [...findUndeclared(rules, all), ...unused.map(unusedProblem)];
}

function findUndeclared(rules: PlaceRules, files: readonly FileInTree[]): readonly Problem[] {
  const declared = declaredOrganizations(files);
  const declarable = new Set(
    [...rules.values()].filter(({ allowed }) => allowsKind(allowed, "Organization")).flatMap(namedIn),
  );
  const spoiled = files.filter(isPlatformFile).flatMap(({ parsed }) => parsed.spoiled);
  const problems: Problem[] = [];
  for (const rule of rules.values()) {
    for (const organization of namedIn(rule)) {
      if (declared.has(organization) || declarable.has(organization)) continue;
      // Its Organization may stand in a file that has a Problem of its own.
      if (spoiled.some(({ text, mayHoldMore }) => mayHoldMore || text.includes(organization))) continue;
      problems.push(undeclaredProblem(organization, rule.place));
      if (problems.length === problemLimit) return problems;
    }
  }
  return problems;
}

function unusedProblem({ folder, place }: PlaceRule): Problem {
  return {
    code: "invalid-places",
    severity: "warning",
    message: `no file of the specs stands in ${folder === "" ? "the root or in what no other place covers" : folder}`,
    place,
    remedy: "mend the path (every letter counts, also its case), or remove the entry",
  };
}

function undeclaredProblem(organization: string, place: Place): Problem {
  return {
    code: "invalid-places",
    severity: "error",
    message: `there is no Organization ${organization}`,
    place,
    remedy: "mend the name, or add the Organization to a place for any organization",
  };
}

/** Whether no tenant writes the file. */
export function isPlatformFile({ file, rules }: FileInTree): boolean {
  const rule = rules === undefined ? undefined : ruleOf(rules, file.path);
  return rule === undefined || rule.allowed.organizations === "all";
}
