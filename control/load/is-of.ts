/** Whether a document is of one of some kinds, in a way that its type follows. */
import type { KindName, ResourceOf } from "../../schemas/kinds.ts";
import type { SpecDocument } from "./parse.ts";

export function isOf<Kind extends KindName>(
  document: SpecDocument,
  kinds: readonly Kind[],
): document is SpecDocument<ResourceOf<Kind>> {
  return kinds.some((kind) => kind === document.resource.kind);
}
