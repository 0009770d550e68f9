/** The pods of a component as they are rendered: what the API server would refuse, and what would never run. */
import type { Problem } from "../../schemas/problem.ts";
import { at, type Traced } from "../load/traced.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { checkMissingAmounts } from "./check-amounts.ts";
import { checkCellBounds } from "./check-cell-bounds.ts";
import { checkClassContainers } from "./check-class-containers.ts";
import { checkHostAccess } from "./check-host-access.ts";
import { checkOwnVolumes } from "./check-own-volumes.ts";
import { checkPodSecurity } from "./check-pod-security.ts";
import { checkPodSpec, type PodOwner } from "./check-pod-spec.ts";
import { checkPortNames } from "./check-port-names.ts";
import { checkVolumeSources } from "./check-volume-sources.ts";
import { checkWidening } from "./check-widening.ts";
import { findImageless } from "./pod-template.ts";
import { checkWorkloadVolumes } from "./volumes.ts";

export type Pods = {
  readonly owner: PodOwner;
  /** The class's own. */
  readonly base: Traced | undefined;
  readonly spec: Traced | undefined;
  /** How many there are at most at a time. */
  readonly most: number;
};

export function checkPods(resolved: Resolved, { owner, base, spec, most }: Pods): readonly Problem[] {
  const { binding, cell } = resolved;
  const { file } = binding.classPlace;
  return [
    ...checkPodSpec(spec, { owner, file }),
    ...checkMissingAmounts(spec, file),
    ...checkPortNames(spec, file),
    ...checkHostAccess(spec, { cell, file }),
    ...checkVolumeSources(spec, { cell, file }),
    ...checkPodSecurity(spec, { cell, base, file }),
    ...checkCellBounds(spec, { cell, base, file }),
    ...checkWidening(spec, { base, file }),
    ...checkClassContainers({ base, spec, binding }),
    ...checkOwnVolumes(at(base, "volumes"), file),
    ...checkOwnVolumes(at(binding.workloadTree, "volumes"), binding.place.file),
    ...checkWorkloadVolumes(resolved, { podSpec: spec, mostPods: most }),
    ...findImageless(spec, resolved),
  ];
}
