import type { KindName } from "./kinds.ts";

/** A kind in file names: `APIClass` is `api-class`. */
export function kindSlug(kind: KindName): string {
  return kind.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "-").toLowerCase();
}
