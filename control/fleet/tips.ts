/** Where refs stand that something was read from. */
import type { Oid } from "../../git/repository.ts";

export type Tips = ReadonlyMap<string, Oid | undefined>;

/** Whether both name the same refs and these stand where they stood. */
export function isSame<Known extends Tips>(known: Known | undefined, now: Tips): known is Known {
  return known?.size === now.size && [...now].every(([ref, oid]) => known.has(ref) && known.get(ref) === oid);
}
