/** A document that is none of ours: of another system, or of a kind that is misspelt. */
import { kinds } from "../../schemas/kinds.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import { nearestName } from "../problems/nearest.ts";
import { at, type TracedMap } from "./traced.ts";
import { placeOf } from "./tree-reader.ts";

/** What a document says it is; empty where it does not. */
export type Header = { readonly apiVersion: string; readonly kind: string };

export function foreignProblem(header: Header, tree: TracedMap, place: Place): Problem {
  const isOurs = header.apiVersion === apiVersion;
  const shown = placeOf(at(tree, isOurs ? "kind" : "apiVersion")?.origin ?? tree.origin, place.file);
  const what = header.kind === "" ? "a document without kind" : header.kind;
  const from = header.apiVersion === "" ? "no apiVersion" : header.apiVersion;
  return {
    code: "foreign-document",
    severity: "error",
    message: `${what} of ${from} is not one of ours`,
    place: shown,
    remedy: remedyFor(header),
  };
}

function remedyFor(header: Header): string {
  const ours = Object.keys(kinds);
  const kind = nearestName(header.kind, ours);
  if (header.apiVersion === apiVersion && kind !== undefined) return `did you mean kind ${kind}?`;
  const isMeant = kind === header.kind && isNearApiVersion(header.apiVersion);
  if (isMeant) return `did you mean apiVersion ${apiVersion}?`;
  return `use apiVersion ${apiVersion} and one of ${ours.join(", ")}, or list the file in .gitplaneignore`;
}

/** Absent, misspelt, or another version of ours. */
function isNearApiVersion(written: string): boolean {
  const [group = ""] = apiVersion.split("/");
  return written === "" || written.startsWith(`${group}/`) || nearestName(written, [apiVersion]) !== undefined;
}
