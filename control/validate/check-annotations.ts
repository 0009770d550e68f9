/** Annotations that agents act on: another value than those they know is a slip, and would be passed over in silence. */
import type { Metadata } from "../../schemas/metadata.ts";
import { decommissionAnnotation, driftAnnotation } from "../../schemas/plane-annotations.ts";
import { DriftMode } from "../../schemas/plane-settings.ts";
import type { Finding } from "./finding.ts";

type Known = { readonly annotation: string; readonly values: readonly string[] };

const drift: Known = { annotation: driftAnnotation, values: DriftMode.options };
const decommission: Known = { annotation: decommissionAnnotation, values: ["true"] };

export function checkPlaneAnnotations(metadata: Metadata): readonly Finding[] {
  return [drift, decommission].flatMap((known) => checkValue(metadata, known));
}

export function checkEnvironmentAnnotations(metadata: Metadata): readonly Finding[] {
  return checkValue(metadata, drift);
}

function checkValue({ annotations = {} }: Metadata, { annotation, values }: Known): readonly Finding[] {
  const value = annotations[annotation];
  if (value === undefined || values.includes(value)) return [];
  const list = values.map((one) => `"${one}"`).join(" or ");
  return [
    {
      code: "unsupported-value",
      message: `${annotation} is ${list}, not ${JSON.stringify(value)}`,
      remedy: `write ${list}, or remove it`,
      path: ["metadata", "annotations", annotation],
    },
  ];
}
