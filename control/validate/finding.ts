/** A mistake found in a document that reads well by itself: what is wrong, and at which of its fields. */
import type { KindName } from "../../schemas/kinds.ts";
import type { Problem, ProblemCode, RelatedPlace } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { relatedTo } from "../problems/related.ts";
import { isDeclared, type Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";
import { suggestName } from "./suggest-name.ts";

export type Finding = {
  readonly code: ProblemCode;
  /** An error unless said otherwise. */
  readonly severity?: Problem["severity"];
  readonly message: string;
  readonly remedy: string;
  /** The field; the Problem is shown at the document's start when the field is absent. */
  readonly path: readonly (string | number)[];
  readonly related?: readonly RelatedPlace[];
};

export function report(document: SpecDocument, findings: readonly Finding[]): readonly Problem[] {
  return findings.map(({ path, related = [], ...finding }) => ({
    severity: "error",
    ...finding,
    place: fieldPlace(document, ...path),
    ...relatedTo(related),
  }));
}

export type Reference = Pick<Finding, "code" | "path"> & {
  readonly kind: KindName;
  /** Identity after the kind, as `identityOf` lists it: the organization first, the name last. */
  readonly parts: readonly string[];
  /** Said instead of "there is no …". */
  readonly message?: string;
  readonly remedy?: string;
};

/** One finding when nothing has that name; none when it, or the organization, has a Problem of its own. */
export function checkReference(index: Lookup, reference: Reference): readonly Finding[] {
  const { kind, parts, code, path } = reference;
  const [organization = ""] = parts;
  const name = parts.at(-1) ?? "";
  if (index.find(kind, ...parts) !== undefined || index.spoils.couldBe(organization, kind, name)) return [];
  if (!isDeclared(organization, index)) return [];
  const message = reference.message ?? `there is no ${kind} ${name}`;
  const remedy = reference.remedy ?? "add it, or mend the name";
  return [{ code, message, path, ...suggestName(index, { kind, parts, remedy }) }];
}
