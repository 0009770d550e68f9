/** `plane.yaml`: what the control plane tells an agent about its plane, from annotations of the plane and its environments. */
import { planeOf, planeResourceKinds } from "../../schemas/kinds.ts";
import { compareText } from "../../schemas/compare.ts";
import { type PlaneId, planePath } from "../../schemas/layout.ts";
import { decommissionAnnotation, driftAnnotation } from "../../schemas/plane-annotations.ts";
import { defaultPruneBudget, DriftMode, type PlaneSettings } from "../../schemas/plane-settings.ts";
import type { Rendered } from "../engine/rendered.ts";
import { dataPlaneOf, environmentsOn } from "./specs-of-plane.ts";

type Specs = Pick<Rendered, "all">;

const defaultDrift: DriftMode = "heal";

/** Pure. */
export function planeSettings(plane: PlaneId, specs: Specs): PlaneSettings {
  const annotations = annotationsOf(plane, specs);
  const drift = driftOf(annotations) ?? defaultDrift;
  const environments = environmentsOf(plane, specs).filter(([, own]) => own.drift !== drift);
  return {
    format: 1,
    plane,
    policy: plane.kind,
    drift,
    ...(environments.length === 0 ? {} : { environments: Object.fromEntries(environments) }),
    ...(annotations[decommissionAnnotation] === "true" ? { decommissioned: true } : {}),
    ...requirementsOf(plane, specs),
    pruneBudget: defaultPruneBudget,
  };
}

type Annotations = Readonly<Record<string, string>>;

function annotationsOf(plane: PlaneId, specs: Specs): Annotations {
  for (const kind of planeResourceKinds) {
    for (const { resource } of specs.all(kind)) {
      if (planePath(planeOf(resource)) === planePath(plane)) return resource.metadata.annotations ?? {};
    }
  }
  return {};
}

/** What the plane asks of its cluster. */
function requirementsOf(plane: PlaneId, specs: Specs): Pick<PlaneSettings, "transportEncryption"> {
  const transportEncryption = dataPlaneOf(plane, specs)?.resource.spec.transportEncryption;
  return transportEncryption === undefined ? {} : { transportEncryption };
}

/** Those of its environments that say a mode. */
function environmentsOf(plane: PlaneId, specs: Specs): readonly (readonly [string, { drift: DriftMode }])[] {
  return environmentsOn(plane, specs)
    .flatMap(({ resource: { metadata } }) => {
      const drift = driftOf(metadata.annotations ?? {});
      return drift === undefined ? [] : [[metadata.name, { drift }] as const];
    })
    .toSorted(([a], [b]) => compareText(a, b));
}

/** Another value is a Problem of its document, and counts for nothing. */
function driftOf(annotations: Annotations): DriftMode | undefined {
  return DriftMode.safeParse(annotations[driftAnnotation]).data;
}
