/**
 * A hash of what pods read beside their own manifest: the files' texts, and where their secrets are kept. On the pod template
 * it has the pods replaced when that changes. Never of a secret's value, which nobody here knows: one that is turned in the
 * store reaches files and variables of new pods only.
 */
import { configHashAnnotation } from "../../schemas/labels.ts";
import { hashParts } from "../../schemas/names.ts";
import { at, ruled, scalarOf, toPlain, type Traced } from "../load/traced.ts";
import { canonicalText } from "../resolve/canonical-text.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { filesData } from "./files.ts";

/** Annotations of the pods; undefined where they read nothing beside. */
export function configHash(resolved: Resolved): Traced | undefined {
  const files = filesData(resolved);
  const read = resolved.secrets.filter(({ isRead }) => isRead);
  if (files === undefined && read.length === 0) return undefined;
  const store = String(scalarOf(at(resolved.planeTree, "spec", "secretStoreRef", "name")));
  const parts = [
    files === undefined ? "" : canonicalText(toPlain(files)),
    ...read.flatMap(({ name, data }) => [store, name, canonicalText(data.map(toPlain))]),
  ];
  return ruled({ [configHashAnnotation]: hashParts(parts, 16) }, "config-hash");
}
