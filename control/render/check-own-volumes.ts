/** Volumes that are called like those of the engine, which would be laid over them. */
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { ownVolumePrefix } from "./files.ts";

/** Of pods as a class or a Workload has them; `file` is for what a rule of the engine set. */
export function checkOwnVolumes(volumes: Traced | undefined, file: string): readonly Problem[] {
  const found = volumes?.kind === "map" ? [...volumes.entries] : namedItems(volumes);
  return found
    .filter(([name]) => name.startsWith(ownVolumePrefix))
    .map(([, tree]) => ({
      code: "reserved-field",
      severity: "error",
      message: `volumes whose names start with ${ownVolumePrefix} are the engine's own`,
      place: placeOf(tree.origin, file),
      remedy: "give it another name",
    }));
}

function namedItems(volumes: Traced | undefined): readonly (readonly [string, Traced])[] {
  return itemsOf(volumes).map((volume) => [String(scalarOf(at(volume, "name"))), volume]);
}
