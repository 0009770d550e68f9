/**
 * Whether the organization that documents are written for is there. Said once for each file: whatever else they refer to is
 * looked for in that organization, so nothing more can be said of them.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { type Finding, report } from "./finding.ts";
import { isDeclared, type Lookup } from "./lookup.ts";
import { suggestName } from "./suggest-name.ts";

export function checkOrganization(document: SpecDocument, index: Lookup): readonly Problem[] {
  return document.resource.kind === "Organization" ? [] : report(document, findOrganization(document, index));
}

/** Of the Problems of all documents, which are in file order, the first of each file and organization. */
export function onceAFile(problems: readonly Problem[]): readonly Problem[] {
  const told = new Set<string>();
  return problems.filter(({ code, place, message }) => {
    if (code !== "unknown-organization") return true;
    const key = JSON.stringify([place.file, message]);
    const isNew = !told.has(key);
    told.add(key);
    return isNew;
  });
}

function findOrganization({ resource }: SpecDocument, index: Lookup): readonly Finding[] {
  const organization = organizationOf(resource);
  if (isDeclared(organization, index)) return [];
  const { namespace } = resource.metadata;
  const remedy = "add the Organization, or mend metadata.namespace";
  const suggestion = suggestName(index, { kind: "Organization", parts: [organization], remedy });
  const code = "unknown-organization";
  if (namespace !== undefined)
    return [{ code, message: `there is no Organization ${namespace}`, path: ["metadata", "namespace"], ...suggestion }];
  const [only, ...others] = index.besides("Organization", organization);
  const message = `metadata.namespace is absent, so the organization is ${organization}, which is not there`;
  const found =
    only !== undefined && others.length === 0 ? `write namespace: ${only.resource.metadata.name}` : undefined;
  return [{ code, message, path: ["metadata", "name"], ...suggestion, remedy: found ?? suggestion.remedy }];
}
